// nanoid: random ids of its own alphabet and of another.
import { customAlphabet, nanoid } from "nanoid";

const digits = customAlphabet("0123456789", 6);

export default {
  fetch(): Response {
    return Response.json({ ids: Array.from({ length: 50 }, () => nanoid()), digits: digits() });
  },
};
