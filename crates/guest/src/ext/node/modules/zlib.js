// The module "node:zlib".
(function () {
const { core, primordials } = __bootstrap;
const { Error } = primordials;
const { op_node_zlib_crc32 } = core.ops;
const { validateUint32 } = core.loadExtScript("ext:deno_node/internal/validators.mjs");
const { codes, constants, named, values } = core.loadExtScript("ext:lopata_node/zlib/constants.js");
const compat = core.loadExtScript("ext:lopata/compat/compat.js");
const { input, pair } = core.loadExtScript("ext:lopata_node/zlib/once.js");
const { Brotli, Zlib, Zstd } = core.loadExtScript("ext:lopata_node/zlib/base.js");

/** The checksum of data that may go on from another's. */
function crc32(data, value = 0) {
  validateUint32(value, "value");
  return op_node_zlib_crc32(input(data, "crc32"), value);
}

class Gzip extends Zlib {
  constructor(options) {
    super(options, values.GZIP);
  }
}

class Gunzip extends Zlib {
  constructor(options) {
    super(options, values.GUNZIP);
  }
}

class Deflate extends Zlib {
  constructor(options) {
    super(options, values.DEFLATE);
  }
}

class DeflateRaw extends Zlib {
  constructor(options) {
    // What zlib does not know for raw data it takes for one more.
    if (options?.windowBits === 8) options = { ...options, windowBits: 9 };
    super(options, values.DEFLATERAW);
  }
}

class Inflate extends Zlib {
  constructor(options) {
    super(options, values.INFLATE);
  }
}

class InflateRaw extends Zlib {
  constructor(options) {
    super(options, values.INFLATERAW);
  }
}

class Unzip extends Zlib {
  constructor(options) {
    super(options, values.UNZIP);
  }
}

class BrotliCompress extends Brotli {
  constructor(options) {
    super(options, values.BROTLI_ENCODE);
  }
}

class BrotliDecompress extends Brotli {
  constructor(options) {
    super(options, values.BROTLI_DECODE);
  }
}

class ZstdCompress extends Zstd {
  constructor(options) {
    super(options, values.ZSTD_ENCODE);
  }
}

class ZstdDecompress extends Zstd {
  constructor(options) {
    super(options, values.ZSTD_DECODE);
  }
}

const classes = {
  Gzip,
  Gunzip,
  Deflate,
  DeflateRaw,
  Inflate,
  InflateRaw,
  Unzip,
  BrotliCompress,
  BrotliDecompress,
  ZstdCompress,
  ZstdDecompress,
};

const makers = {};
for (const name in classes) {
  const Stream = classes[name];
  makers[`create${name}`] = {
    [`create${name}`]: function (options) {
      return new Stream(options);
    },
  }[`create${name}`];
}

const once = {
  ...pair("inflate", values.INFLATE, () => Inflate),
  ...pair("deflate", values.DEFLATE, () => Deflate),
  ...pair("inflateRaw", values.INFLATERAW, () => InflateRaw),
  ...pair("deflateRaw", values.DEFLATERAW, () => DeflateRaw),
  ...pair("gzip", values.GZIP, () => Gzip),
  ...pair("gunzip", values.GUNZIP, () => Gunzip),
  ...pair("unzip", values.UNZIP, () => Unzip),
  ...pair("brotliDecompress", values.BROTLI_DECODE, () => BrotliDecompress),
  ...pair("brotliCompress", values.BROTLI_ENCODE, () => BrotliCompress),
  ...pair("zstdCompress", values.ZSTD_ENCODE, () => ZstdCompress),
  ...pair("zstdDecompress", values.ZSTD_DECODE, () => ZstdDecompress),
};

const functions = { ...classes, ...makers, ...once };
if (!compat.has("nodejs_zlib")) {
  for (const name in functions) {
    functions[name] = function notImplemented() {
      throw new Error('Compatibility flag "nodejs_zlib" is not enabled');
    };
  }
}
const zlib = { crc32, codes, constants, ...values, ...functions };

return { crc32, codes, constants, ...named, ...functions, default: zlib };
})();
