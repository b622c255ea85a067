// The flag `throw_on_not_implemented_tls_options`. The newest workerd that could be asked does not know it yet; what it
// does is in production's table of flags.
import assert from "node:assert";
import tls from "node:tls";

export const identityIsNotChecked = {
  test() {
    const expected = {
      name: "Error",
      code: "ERR_OPTION_NOT_IMPLEMENTED",
      message: "The options.checkServerIdentity option is not implemented",
    };
    assert.throws(() => new tls.TLSSocket(undefined, { checkServerIdentity() {} }), expected);
    assert.throws(() => tls.connect({ port: 1, checkServerIdentity() {} }), expected);
    assert.throws(() => tls.connect({ port: 1, checkServerIdentity: 5 }), { code: "ERR_INVALID_ARG_TYPE" });
  },
};
