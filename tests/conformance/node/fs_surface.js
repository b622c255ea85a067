// node:fs and node:fs/promises: what they have.
import assert from "node:assert";
import * as fs from "node:fs";
import * as promises from "node:fs/promises";

/** Each name with how many arguments the function says to take. */
const FS = "Dir/3 Dirent/3 FileReadStream/1 FileWriteStream/1 ReadStream/1 Stats/3 WriteStream/1 access/1 accessSync/1 " +
  "appendFile/4 appendFileSync/2 chmod/3 chmodSync/2 chown/4 chownSync/3 close/1 closeSync/1 copyFile/2 copyFileSync/2 " +
  "cp/4 cpSync/2 createReadStream/1 createWriteStream/1 exists/2 existsSync/1 fchmod/3 fchmodSync/2 fchown/4 " +
  "fchownSync/3 fdatasync/2 fdatasyncSync/1 fstat/3 fstatSync/1 fsync/1 fsyncSync/1 ftruncate/3 ftruncateSync/1 " +
  "futimes/4 futimesSync/3 glob/3 globSync/1 lchmod/3 lchmodSync/2 lchown/4 lchownSync/3 link/3 linkSync/2 lstat/3 " +
  "lstatSync/1 lutimes/4 lutimesSync/3 mkdir/3 mkdirSync/1 mkdtemp/3 mkdtempSync/1 open/1 openAsBlob/1 openSync/1 " +
  "opendir/3 opendirSync/1 read/6 readFile/3 readFileSync/1 readSync/2 readdir/3 readdirSync/1 readlink/3 " +
  "readlinkSync/1 readv/4 readvSync/2 realpath/3 realpathSync/1 rename/3 renameSync/2 rm/3 rmSync/1 rmdir/3 rmdirSync/1 " +
  "stat/3 statSync/1 statfs/3 statfsSync/1 symlink/4 symlinkSync/2 truncate/3 truncateSync/1 unlink/2 unlinkSync/1 " +
  "unwatchFile/0 utimes/4 utimesSync/3 watch/0 watchFile/0 write/6 writeFile/4 writeFileSync/2 writeSync/2 writev/4 " +
  "writevSync/2";

const PROMISES = "FileHandle/2 access/1 appendFile/2 chmod/2 chown/3 copyFile/3 cp/3 glob/1 lchmod/2 lchown/3 link/2 " +
  "lstat/1 lutimes/3 mkdir/1 mkdtemp/1 open/3 opendir/1 readFile/1 readdir/1 readlink/1 realpath/1 rename/2 rm/1 rmdir/2 " +
  "stat/1 statfs/1 symlink/2 truncate/1 unlink/1 utimes/3 watch/0 writeFile/2";

/** The functions of an object. */
function functions(object) {
  const names = Object.getOwnPropertyNames(object).filter((name) => typeof object[name] === "function");
  return names.sort().map((name) => `${name}/${object[name].length}`).join(" ");
}

export const functionsOfTheModule = {
  test() {
    assert.strictEqual(functions(fs), FS);
    assert.strictEqual(functions(fs.default), FS);
  },
};

export const functionsOfPromises = {
  test() {
    assert.strictEqual(functions(promises), PROMISES);
  },
};

export const whatIsNoFunction = {
  test() {
    const others = (object) => Object.keys(object).filter((name) => typeof object[name] !== "function").sort();
    assert.deepStrictEqual(others(fs), ["F_OK", "R_OK", "W_OK", "X_OK", "constants", "default", "promises"]);
    assert.deepStrictEqual(others(promises), ["constants", "default"]);
    assert.deepStrictEqual([fs.F_OK, fs.R_OK, fs.W_OK, fs.X_OK], [0, 4, 2, 1]);
  },
};

export const methodsOfItsClasses = {
  async test() {
    const methods = (constructor) => Object.getOwnPropertyNames(constructor.prototype).sort().join(" ");
    assert.strictEqual(methods(fs.Dir), "close closeSync constructor entries path read readSync");
    const kinds = "isBlockDevice isCharacterDevice isDirectory isFIFO isFile isSocket isSymbolicLink";
    assert.strictEqual(methods(fs.Dirent), `constructor ${kinds}`);
    assert.strictEqual(methods(fs.Stats), `constructor ${kinds}`);
    assert.strictEqual(methods(fs.ReadStream), "autoClose close constructor pending");
    assert.strictEqual(methods(fs.WriteStream), "autoClose close constructor destroySoon pending");
    assert.strictEqual(
      methods(promises.FileHandle),
      "appendFile chmod chown close constructor createReadStream createWriteStream datasync fd read readFile readLines " +
        "readableWebStream readv stat sync truncate utimes write writeFile writev",
    );
  },
};

export const constants = {
  test() {
    const { constants } = fs;
    assert.strictEqual(Object.keys(constants).length, 58);
    assert.deepStrictEqual(
      [constants.O_CREAT, constants.O_EXCL, constants.O_TRUNC, constants.O_APPEND, constants.O_DIRECTORY],
      [64, 128, 512, 1024, 65536],
    );
    assert.deepStrictEqual([constants.S_IFMT, constants.S_IFREG, constants.S_IFDIR, constants.S_IFLNK], [
      0o170000,
      0o100000,
      0o40000,
      0o120000,
    ]);
    assert.deepStrictEqual([constants.COPYFILE_EXCL, constants.UV_FS_COPYFILE_FICLONE_FORCE], [1, 4]);
  },
};
