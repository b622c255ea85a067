-- A full-text index beside the notes, kept in step by triggers.
CREATE VIRTUAL TABLE notes_search USING fts5 (title, text, content = 'notes', content_rowid = 'id');

CREATE TRIGGER notes_added AFTER INSERT ON notes BEGIN
  INSERT INTO notes_search (rowid, title, text) VALUES (new.id, new.title, new.text);
END;

CREATE TRIGGER notes_removed AFTER DELETE ON notes BEGIN
  INSERT INTO notes_search (notes_search, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
END;
