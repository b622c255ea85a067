// zod: schemas, transformations, errors.
import { z } from "zod";

const User = z.object({
  name: z.string().min(2),
  email: z.email(),
  age: z.coerce.number().int().positive(),
  tags: z.array(z.string()).default([]),
  born: z.iso.date().transform((text) => new Date(text).getUTCFullYear()),
});

export default {
  async fetch(request: Request): Promise<Response> {
    const result = User.safeParse(await request.json());
    if (result.success) return Response.json(result.data);
    return Response.json(result.error.issues.map((issue) => [issue.path.join("."), issue.code]), { status: 422 });
  },
};
