// The files that drizzle's migrator reads, out of the bundle.
import journal from "./migrations/meta/_journal.json";
import first from "./migrations/0000_first_users.sql";
import second from "./migrations/0001_score.sql";

const files: Record<string, string> = {
  "migrations/meta/_journal.json": JSON.stringify(journal),
  "migrations/0000_first_users.sql": first,
  "migrations/0001_score.sql": second,
};

export default {
  existsSync: (path: string) => path in files,
  readFileSync: (path: string) => files[path],
};
