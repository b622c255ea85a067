// graphql-yoga: queries, mutations, errors, and a subscription over server-sent events.
import { createSchema, createYoga } from "graphql-yoga";

const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs: /* GraphQL */ `
      type Query { hello(name: String!): String!, fails: Int }
      type Mutation { add(a: Int!, b: Int!): Int! }
      type Subscription { count(to: Int!): Int! }
    `,
    resolvers: {
      Query: {
        hello: (_, { name }) => `hello ${name}`,
        fails: () => {
          throw new Error("inside");
        },
      },
      Mutation: { add: (_, { a, b }) => a + b },
      Subscription: {
        count: {
          subscribe: async function* (_, { to }) {
            for (let count = 1; count <= to; count++) yield { count };
          },
        },
      },
    },
  }),
});

export default { fetch: yoga.fetch };
