// No files and no processes to give to a module.
