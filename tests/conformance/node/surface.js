// Which names each module of Node exports, at a date that has all of them; `()` is a function.
import assert from "node:assert";

/** A test of one module. @param {string} name @param {string} text its names, in any order */
function exporting(name, text) {
  return {
    async test() {
      const exported = await import(`node:${name}`);
      const found = Object.keys(exported).filter((key) => key !== "default");
      const shown = found.map((key) => (typeof exported[key] === "function" ? `${key}()` : key));
      assert.strictEqual(shown.sort().join(" "), text.split(" ").sort().join(" "));
      assert.notStrictEqual(exported.default, undefined);
    },
  };
}

export const _http_agent = exporting("_http_agent", "Agent() globalAgent");
export const _http_client = exporting("_http_client", "ClientRequest()");
export const _http_common = exporting(
  "_http_common",
  "CRLF _checkInvalidHeaderChar() _checkIsHttpToken() chunkExpression continueExpression kIncomingMessage " +
    "methods parsers",
);
export const _http_incoming = exporting("_http_incoming", "IncomingMessage()");
export const _http_outgoing = exporting(
  "_http_outgoing",
  "OutgoingMessage() kHighWaterMark kUniqueHeaders parseUniqueHeadersOption() validateHeaderName() " +
    "validateHeaderValue()",
);
export const _http_server = exporting(
  "_http_server",
  "STATUS_CODES Server() ServerResponse() _connectionListener() httpServerPreClose() " +
    "kConnectionsCheckingInterval kServerResponse setupConnectionsTracking() storeHTTPOptions()",
);
export const _stream_duplex = exporting("_stream_duplex", "Duplex() from() fromWeb() toWeb()");
export const _stream_passthrough = exporting("_stream_passthrough", "PassThrough()");
export const _stream_readable = exporting(
  "_stream_readable",
  "Readable() ReadableState() from() fromWeb() toWeb() wrap()",
);
export const _stream_transform = exporting("_stream_transform", "Transform()");
export const _stream_wrap = exporting("_stream_wrap", "");
export const _stream_writable = exporting("_stream_writable", "Writable() WritableState() fromWeb() toWeb()");
export const _tls_common = exporting("_tls_common", "SecureContext() createSecureContext() translatePeerCertificate()");
export const _tls_wrap = exporting("_tls_wrap", "TLSSocket() connect()");
export const assert_ = exporting(
  "assert",
  "AssertionError() deepEqual() deepStrictEqual() doesNotMatch() doesNotReject() doesNotThrow() equal() " +
    "fail() ifError() match() notDeepEqual() notDeepStrictEqual() notEqual() notStrictEqual() ok() " +
    "partialDeepStrictEqual() rejects() strict() strictEqual() throws()",
);
export const assert_strict = exporting(
  "assert/strict",
  "AssertionError() deepEqual() deepStrictEqual() doesNotMatch() doesNotReject() doesNotThrow() equal() " +
    "fail() ifError() match() notDeepEqual() notDeepStrictEqual() notEqual() notStrictEqual() ok() " +
    "partialDeepStrictEqual() rejects() strict() strictEqual() throws()",
);
export const async_hooks = exporting(
  "async_hooks",
  "AsyncLocalStorage() AsyncResource() asyncWrapProviders createHook() executionAsyncId() " +
    "executionAsyncResource() triggerAsyncId()",
);
export const buffer = exporting(
  "buffer",
  "Blob() Buffer() File() INSPECT_MAX_BYTES SlowBuffer() atob() btoa() constants isAscii() isUtf8() " +
    "kMaxLength kStringMaxLength resolveObjectURL() transcode()",
);
export const child_process = exporting(
  "child_process",
  "ChildProcess() _forkChild() exec() execFile() execFileSync() execSync() fork() spawn() spawnSync()",
);
export const cluster = exporting(
  "cluster",
  "Cluster() SCHED_NONE SCHED_RR Worker() _events _eventsCount _maxListeners disconnect() fork() isMaster " +
    "isPrimary isWorker schedulingPolicy settings setupMaster() setupPrimary() workers",
);
export const console = exporting(
  "console",
  "Console() assert() clear() context() count() countReset() createTask() debug() dir() dirxml() error() " +
    "group() groupCollapsed() groupEnd() info() log() profile() profileEnd() table() time() timeEnd() timeLog() " +
    "timeStamp() trace() warn()",
);
export const constants = exporting(
  "constants",
  "COPYFILE_EXCL COPYFILE_FICLONE COPYFILE_FICLONE_FORCE DH_CHECK_P_NOT_PRIME DH_CHECK_P_NOT_SAFE_PRIME " +
    "DH_NOT_SUITABLE_GENERATOR DH_UNABLE_TO_CHECK_GENERATOR E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT " +
    "EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK " +
    "EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTUNREACH EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO " +
    "EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE " +
    "ENGINE_METHOD_ALL ENGINE_METHOD_CIPHERS ENGINE_METHOD_DH ENGINE_METHOD_DIGESTS ENGINE_METHOD_DSA " +
    "ENGINE_METHOD_EC ENGINE_METHOD_NONE ENGINE_METHOD_PKEY_ASN1_METHS ENGINE_METHOD_PKEY_METHS " +
    "ENGINE_METHOD_RAND ENGINE_METHOD_RSA ENOBUFS ENODATA ENODEV ENOENT ENOEXEC ENOLCK ENOLINK ENOMEM ENOMSG " +
    "ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTSOCK ENOTSUP ENOTTY ENXIO EOPNOTSUPP " +
    "EOVERFLOW EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EROFS ESPIPE ESRCH ESTALE ETIME ETIMEDOUT " +
    "ETXTBSY EWOULDBLOCK EXDEV EXTENSIONLESS_FORMAT_JAVASCRIPT EXTENSIONLESS_FORMAT_WASM F_OK " +
    "OPENSSL_VERSION_NUMBER O_APPEND O_CREAT O_DIRECT O_DIRECTORY O_DSYNC O_EXCL O_NOATIME O_NOCTTY O_NOFOLLOW " +
    "O_NONBLOCK O_RDONLY O_RDWR O_SYMLINK O_SYNC O_TRUNC O_WRONLY POINT_CONVERSION_COMPRESSED " +
    "POINT_CONVERSION_HYBRID POINT_CONVERSION_UNCOMPRESSED PRIORITY_ABOVE_NORMAL PRIORITY_BELOW_NORMAL " +
    "PRIORITY_HIGH PRIORITY_HIGHEST PRIORITY_LOW PRIORITY_NORMAL RSA_NO_PADDING RSA_PKCS1_OAEP_PADDING " +
    "RSA_PKCS1_PADDING RSA_PKCS1_PSS_PADDING RSA_PSS_SALTLEN_AUTO RSA_PSS_SALTLEN_DIGEST " +
    "RSA_PSS_SALTLEN_MAX_SIGN RSA_X931_PADDING RTLD_DEEPBIND RTLD_GLOBAL RTLD_LAZY RTLD_LOCAL RTLD_NOW R_OK " +
    "SIGABRT SIGALRM SIGBUS SIGCHLD SIGCONT SIGFPE SIGHUP SIGILL SIGINFO SIGINT SIGIO SIGIOT SIGKILL SIGPIPE " +
    "SIGPOLL SIGPROF SIGPWR SIGQUIT SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU " +
    "SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ SSL_OP_ALL SSL_OP_ALLOW_NO_DHE_KEX " +
    "SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION SSL_OP_CIPHER_SERVER_PREFERENCE SSL_OP_CISCO_ANYCONNECT " +
    "SSL_OP_COOKIE_EXCHANGE SSL_OP_CRYPTOPRO_TLSEXT_BUG SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS " +
    "SSL_OP_LEGACY_SERVER_CONNECT SSL_OP_NO_COMPRESSION SSL_OP_NO_ENCRYPT_THEN_MAC SSL_OP_NO_QUERY_MTU " +
    "SSL_OP_NO_RENEGOTIATION SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION SSL_OP_NO_SSLv2 SSL_OP_NO_SSLv3 " +
    "SSL_OP_NO_TICKET SSL_OP_NO_TLSv1 SSL_OP_NO_TLSv1_1 SSL_OP_NO_TLSv1_2 SSL_OP_NO_TLSv1_3 " +
    "SSL_OP_PRIORITIZE_CHACHA SSL_OP_TLS_ROLLBACK_BUG S_IFBLK S_IFCHR S_IFDIR S_IFIFO S_IFLNK S_IFMT S_IFREG " +
    "S_IFSOCK S_IRGRP S_IROTH S_IRUSR S_IRWXG S_IRWXO S_IRWXU S_IWGRP S_IWOTH S_IWUSR S_IXGRP S_IXOTH S_IXUSR " +
    "TLS1_1_VERSION TLS1_2_VERSION TLS1_3_VERSION TLS1_VERSION UV_DIRENT_BLOCK UV_DIRENT_CHAR UV_DIRENT_DIR " +
    "UV_DIRENT_FIFO UV_DIRENT_FILE UV_DIRENT_LINK UV_DIRENT_SOCKET UV_DIRENT_UNKNOWN UV_FS_COPYFILE_EXCL " +
    "UV_FS_COPYFILE_FICLONE UV_FS_COPYFILE_FICLONE_FORCE UV_FS_O_FILEMAP UV_FS_SYMLINK_DIR " +
    "UV_FS_SYMLINK_JUNCTION W_OK X_OK defaultCipherList defaultCoreCipherList",
);
export const crypto = exporting(
  "crypto",
  "Certificate() Cipher() Cipheriv() CryptoKey() Decipher() Decipheriv() DiffieHellman() DiffieHellmanGroup() " +
    "ECDH() Hash() Hmac() KeyObject() PrivateKeyObject() PublicKeyObject() SecretKeyObject() Sign() Verify() " +
    "X509Certificate() checkPrime() checkPrimeSync() constants createCipher() createCipheriv() createDecipher() " +
    "createDecipheriv() createDiffieHellman() createDiffieHellmanGroup() createECDH() createHash() createHmac() " +
    "createPrivateKey() createPublicKey() createSecretKey() createSign() createVerify() diffieHellman() fips " +
    "generateKey() generateKeyPair() generateKeyPairSync() generateKeySync() generatePrime() " +
    "generatePrimeSync() getCipherInfo() getCiphers() getCurves() getDiffieHellman() getFips() getHashes() " +
    "getRandomValues() hash() hkdf() hkdfSync() pbkdf2() pbkdf2Sync() privateDecrypt() privateEncrypt() " +
    "pseudoRandomBytes() publicDecrypt() publicEncrypt() randomBytes() randomFill() randomFillSync() " +
    "randomInt() randomUUID() scrypt() scryptSync() secureHeapUsed() setEngine() setFips() sign() subtle " +
    "timingSafeEqual() verify() webcrypto",
);
export const dgram = exporting("dgram", "Socket() createSocket()");
export const diagnostics_channel = exporting(
  "diagnostics_channel",
  "Channel() TracingChannel() channel() hasSubscribers() subscribe() tracingChannel() unsubscribe()",
);
export const dns = exporting(
  "dns",
  "ADDRCONFIG ADDRGETNETWORKPARAMS ALL BADFAMILY BADFLAGS BADHINTS BADNAME BADQUERY BADRESP BADSTR CANCELLED " +
    "CONNREFUSED DESTRUCTION EOF FILE FORMERR LOADIPHLPAPI NODATA NOMEM NONAME NOTFOUND NOTIMP NOTINITIALIZED " +
    "REFUSED Resolver() SERVFAIL TIMEOUT V4MAPPED getDefaultResultOrder() getServers() lookup() lookupService() " +
    "promises resolve() resolve4() resolve6() resolveAny() resolveCaa() resolveCname() resolveMx() " +
    "resolveNaptr() resolveNs() resolvePtr() resolveSoa() resolveSrv() resolveTxt() reverse() " +
    "setDefaultResultOrder() setServers()",
);
export const dns_promises = exporting(
  "dns/promises",
  "ADDRCONFIG ADDRGETNETWORKPARAMS ALL BADFAMILY BADFLAGS BADHINTS BADNAME BADQUERY BADRESP BADSTR CANCELLED " +
    "CONNREFUSED DESTRUCTION EOF FILE FORMERR LOADIPHLPAPI NODATA NOMEM NONAME NOTFOUND NOTIMP NOTINITIALIZED " +
    "REFUSED Resolver() SERVFAIL TIMEOUT V4MAPPED getDefaultResultOrder() getServers() lookup() lookupService() " +
    "resolve() resolve4() resolve6() resolveAny() resolveCaa() resolveCname() resolveMx() resolveNaptr() " +
    "resolveNs() resolvePtr() resolveSoa() resolveSrv() resolveTxt() reverse() setDefaultResultOrder() " +
    "setServers()",
);
export const domain = exporting("domain", "Domain() active create createDomain()");
export const events = exporting(
  "events",
  "EventEmitter() EventEmitterAsyncResource() addAbortListener() captureRejectionSymbol captureRejections " +
    "defaultMaxListeners errorMonitor getEventListeners() getMaxListeners() listenerCount() on() once() " +
    "setMaxListeners() usingDomains",
);
export const fs = exporting(
  "fs",
  "Dir() Dirent() F_OK FileReadStream() FileWriteStream() R_OK ReadStream() Stats() W_OK WriteStream() X_OK " +
    "access() accessSync() appendFile() appendFileSync() chmod() chmodSync() chown() chownSync() close() " +
    "closeSync() constants copyFile() copyFileSync() cp() cpSync() createReadStream() createWriteStream() " +
    "exists() existsSync() fchmod() fchmodSync() fchown() fchownSync() fdatasync() fdatasyncSync() fstat() " +
    "fstatSync() fsync() fsyncSync() ftruncate() ftruncateSync() futimes() futimesSync() glob() globSync() " +
    "lchmod() lchmodSync() lchown() lchownSync() link() linkSync() lstat() lstatSync() lutimes() lutimesSync() " +
    "mkdir() mkdirSync() mkdtemp() mkdtempSync() open() openAsBlob() openSync() opendir() opendirSync() " +
    "promises read() readFile() readFileSync() readSync() readdir() readdirSync() readlink() readlinkSync() " +
    "readv() readvSync() realpath() realpathSync() rename() renameSync() rm() rmSync() rmdir() rmdirSync() " +
    "stat() statSync() statfs() statfsSync() symlink() symlinkSync() truncate() truncateSync() unlink() " +
    "unlinkSync() unwatchFile() utimes() utimesSync() watch() watchFile() write() writeFile() writeFileSync() " +
    "writeSync() writev() writevSync()",
);
export const fs_promises = exporting(
  "fs/promises",
  "FileHandle() access() appendFile() chmod() chown() constants copyFile() cp() glob() lchmod() lchown() " +
    "link() lstat() lutimes() mkdir() mkdtemp() open() opendir() readFile() readdir() readlink() realpath() " +
    "rename() rm() rmdir() stat() statfs() symlink() truncate() unlink() utimes() watch() writeFile()",
);
export const http = exporting(
  "http",
  "Agent() ClientRequest() CloseEvent() IncomingMessage() METHODS MessageEvent() OutgoingMessage() " +
    "STATUS_CODES Server() ServerResponse() WebSocket() _connectionListener() createServer() get() globalAgent " +
    "maxHeaderSize request() setMaxIdleHTTPParsers() validateHeaderName() validateHeaderValue()",
);
export const http2 = exporting(
  "http2",
  "Http2ServerRequest() Http2ServerResponse() connect() constants createSecureServer() createServer() " +
    "getDefaultSettings() getPackedSettings() getUnpackedSettings() performServerHandshake() sensitiveHeaders",
);
export const https = exporting("https", "Agent() Server() createServer() get() globalAgent request()");
export const inspector = exporting("inspector", "Network Session() close() console open() url() waitForDebugger()");
export const inspector_promises = exporting(
  "inspector/promises",
  "Network Session() close() console open() url() waitForDebugger()",
);
export const module = exporting(
  "module",
  "Module() SourceMap() _cache _debug() _extensions _findPath() _initPaths() _load() _nodeModulePaths() " +
    "_pathCache _preloadModules() _resolveFilename() _resolveLookupPaths() builtinModules constants " +
    "createRequire() enableCompileCache() findPackageJSON() findSourceMap() flushCompileCache() " +
    "getCompileCacheDir() getSourceMapsSupport() globalPaths isBuiltin() register() registerHooks() runMain() " +
    "setSourceMapsSupport() stripTypeScriptTypes() syncBuiltinESMExports() wrap()",
);
export const net = exporting(
  "net",
  "BlockList() Server() Socket() SocketAddress() Stream() _normalizeArgs() connect() createConnection() " +
    "createServer() getDefaultAutoSelectFamily() getDefaultAutoSelectFamilyAttemptTimeout() isIP() isIPv4() " +
    "isIPv6() setDefaultAutoSelectFamily() setDefaultAutoSelectFamilyAttemptTimeout()",
);
export const os = exporting(
  "os",
  "EOL arch() availableParallelism() constants cpus() devNull endianness() freemem() getPriority() homedir() " +
    "hostname() loadavg() machine() networkInterfaces() platform() release() setPriority() tmpdir() totalmem() " +
    "type() uptime() userInfo() version()",
);
export const path = exporting(
  "path",
  "basename() delimiter dirname() extname() format() isAbsolute() join() matchesGlob() normalize() parse() " +
    "posix relative() resolve() sep toNamespacedPath() win32",
);
export const path_posix = exporting(
  "path/posix",
  "basename() delimiter dirname() extname() format() isAbsolute() join() matchesGlob() normalize() parse() " +
    "posix relative() resolve() sep toNamespacedPath() win32",
);
export const path_win32 = exporting(
  "path/win32",
  "basename() delimiter dirname() extname() format() isAbsolute() join() matchesGlob() normalize() parse() " +
    "posix relative() resolve() sep toNamespacedPath() win32",
);
export const perf_hooks = exporting(
  "perf_hooks",
  "Performance() PerformanceEntry() PerformanceMark() PerformanceMeasure() PerformanceObserver() " +
    "PerformanceObserverEntryList() PerformanceResourceTiming() constants createHistogram() " +
    "eventLoopUtilization() monitorEventLoopDelay() performance timerify()",
);
export const process = exporting(
  "process",
  "_channel _debugEnd() _debugProcess() _disconnect _events _eventsCount _exiting _fatalException() " +
    "_getActiveHandles() _getActiveRequests() _handleQueue _kill() _linkedBinding() _maxListeners " +
    "_pendingMessage _preload_modules _rawDebug() _send _startProfilerIdleNotifier() " +
    "_stopProfilerIdleNotifier() _tickCallback() abort() allowedNodeEnvironmentFlags arch argv argv0 assert() " +
    "availableMemory() binding() channel chdir() config connected constrainedMemory() cpuUsage() cwd() " +
    "debugPort dlopen() domain emitWarning() env execArgv execPath execve() exit() exitCode features " +
    "finalization getActiveResourcesInfo() getBuiltinModule() getSourceMapsSupport() getegid() geteuid() " +
    "getgid() getgroups() getuid() hasUncaughtExceptionCaptureCallback() hrtime() initgroups() kill() " +
    "loadEnvFile() memoryUsage() moduleLoadList nextTick() noDeprecation openStdin() permission pid platform " +
    "ppid reallyExit() ref() release report resourceUsage() send() setSourceMapsEnabled() " +
    "setUncaughtExceptionCaptureCallback() setegid() seteuid() setgid() setgroups() setuid() sourceMapsEnabled " +
    "stderr stdin stdout threadCpuUsage() throwDeprecation title traceDeprecation umask() unref() uptime() " +
    "version versions",
);
export const punycode = exporting("punycode", "decode() encode() toASCII() toUnicode() ucs2 version");
export const querystring = exporting(
  "querystring",
  "decode() encode() escape() parse() stringify() unescape() unescapeBuffer()",
);
export const readline = exporting(
  "readline",
  "Interface() clearLine() clearScreenDown() createInterface() cursorTo() emitKeypressEvents() moveCursor() " +
    "promises",
);
export const readline_promises = exporting("readline/promises", "Interface() Readline() createInterface()");
export const repl = exporting(
  "repl",
  "REPLServer() REPL_MODE_SLOPPY REPL_MODE_STRICT Recoverable() _builtinLibs builtinModules start() writer()",
);
export const sqlite = exporting("sqlite", "DatabaseSync() StatementSync() backup() constants");
export const stream = exporting(
  "stream",
  "Duplex() PassThrough() Readable() Stream() Transform() Writable() _isArrayBufferView() _isUint8Array() " +
    "_uint8ArrayToBuffer() addAbortSignal() compose() destroy() duplexPair() finished() " +
    "getDefaultHighWaterMark() isDestroyed() isDisturbed() isErrored() isReadable() isWritable() pipeline() " +
    "promises setDefaultHighWaterMark()",
);
export const stream_consumers = exporting("stream/consumers", "arrayBuffer() blob() buffer() json() text()");
export const stream_promises = exporting("stream/promises", "finished() pipeline() promises");
export const stream_web = exporting(
  "stream/web",
  "ByteLengthQueuingStrategy() CompressionStream() CountQueuingStrategy() DecompressionStream() " +
    "ReadableByteStreamController() ReadableStream() ReadableStreamBYOBReader() ReadableStreamBYOBRequest() " +
    "ReadableStreamDefaultController() ReadableStreamDefaultReader() TextDecoderStream() TextEncoderStream() " +
    "TransformStream() TransformStreamDefaultController() WritableStream() WritableStreamDefaultController() " +
    "WritableStreamDefaultWriter()",
);
export const string_decoder = exporting("string_decoder", "StringDecoder()");
export const sys = exporting(
  "sys",
  "MIMEParams() MIMEType() TextDecoder() TextEncoder() _errnoException() _exceptionWithHostPort() _extend() " +
    "aborted() callbackify() debug() debuglog() deprecate() format() formatWithOptions() getCallSite() " +
    "getCallSites() getSystemErrorMap() getSystemErrorMessage() getSystemErrorName() inherits() inspect() " +
    "isArray() isBoolean() isBuffer() isDate() isDeepStrictEqual() isError() isFunction() isNull() " +
    "isNullOrUndefined() isNumber() isObject() isPrimitive() isRegExp() isString() isSymbol() isUndefined() " +
    "log() parseArgs() parseEnv() promisify() stripVTControlCharacters() styleText() toUSVString() " +
    "transferableAbortController() transferableAbortSignal() types",
);
export const test = exporting("test", "MockFunctionContext() MockTracker() mock");
export const timers = exporting(
  "timers",
  "Timeout() active() clearImmediate() clearInterval() clearTimeout() enroll() promises setImmediate() " +
    "setInterval() setTimeout() unenroll()",
);
export const timers_promises = exporting("timers/promises", "scheduler setImmediate() setInterval() setTimeout()");
export const tls = exporting(
  "tls",
  "CLIENT_RENEG_LIMIT CLIENT_RENEG_WINDOW DEFAULT_CIPHERS DEFAULT_ECDH_CURVE DEFAULT_MAX_VERSION " +
    "DEFAULT_MIN_VERSION SecureContext() Server() TLSSocket() checkServerIdentity() connect() " +
    "convertALPNProtocols() createSecureContext() createSecurePair() createServer() getCiphers() " +
    "rootCertificates",
);
export const trace_events = exporting("trace_events", "createTracing() getEnabledCategories()");
export const tty = exporting("tty", "ReadStream() WriteStream() isatty()");
export const url = exporting(
  "url",
  "URL() URLSearchParams() Url() domainToASCII() domainToUnicode() fileURLToPath() format() parse() " +
    "pathToFileURL() resolve() resolveObject() toPathIfFileURL() urlToHttpOptions()",
);
export const util = exporting(
  "util",
  "MIMEParams() MIMEType() TextDecoder() TextEncoder() _errnoException() _exceptionWithHostPort() _extend() " +
    "aborted() callbackify() debug() debuglog() deprecate() format() formatWithOptions() getCallSite() " +
    "getCallSites() getSystemErrorMap() getSystemErrorMessage() getSystemErrorName() inherits() inspect() " +
    "isArray() isBoolean() isBuffer() isDate() isDeepStrictEqual() isError() isFunction() isNull() " +
    "isNullOrUndefined() isNumber() isObject() isPrimitive() isRegExp() isString() isSymbol() isUndefined() " +
    "log() parseArgs() parseEnv() promisify() stripVTControlCharacters() styleText() toUSVString() " +
    "transferableAbortController() transferableAbortSignal() types",
);
export const util_types = exporting(
  "util/types",
  "isAnyArrayBuffer() isArgumentsObject() isArrayBuffer() isArrayBufferView() isAsyncFunction() " +
    "isBigInt64Array() isBigIntObject() isBigUint64Array() isBooleanObject() isBoxedPrimitive() isCryptoKey() " +
    "isDataView() isDate() isExternal() isFloat16Array() isFloat32Array() isFloat64Array() " +
    "isGeneratorFunction() isGeneratorObject() isInt16Array() isInt32Array() isInt8Array() isKeyObject() " +
    "isMap() isMapIterator() isModuleNamespaceObject() isNativeError() isNumberObject() isPromise() isProxy() " +
    "isRegExp() isSet() isSetIterator() isSharedArrayBuffer() isStringObject() isSymbolObject() isTypedArray() " +
    "isUint16Array() isUint32Array() isUint8Array() isUint8ClampedArray() isWeakMap() isWeakSet()",
);
export const v8 = exporting(
  "v8",
  "DefaultDeserializer() DefaultSerializer() Deserializer() GCProfiler() Serializer() cachedDataVersionTag() " +
    "deserialize() getCppHeapStatistics() getHeapCodeStatistics() getHeapSnapshot() getHeapSpaceStatistics() " +
    "getHeapStatistics() isStringOneByteRepresentation() promiseHooks queryObjects() serialize() " +
    "setFlagsFromString() setHeapSnapshotNearHeapLimit() startupSnapshot stopCoverage() takeCoverage() " +
    "writeHeapSnapshot()",
);
export const vm = exporting(
  "vm",
  "Script() compileFunction() constants createContext() createScript() isContext() measureMemory() " +
    "runInContext() runInNewContext() runInThisContext()",
);
export const wasi = exporting("wasi", "WASI()");
export const worker_threads = exporting(
  "worker_threads",
  "BroadcastChannel() MessageChannel() MessagePort() SHARE_ENV Worker() getEnvironmentData() isInternalThread " +
    "isMainThread isMarkedAsUntransferable() markAsUncloneable() markAsUntransferable() " +
    "moveMessagePortToContext() parentPort postMessageToThread() receiveMessageOnPort() resourceLimits " +
    "setEnvironmentData() threadId workerData",
);
export const zlib = exporting(
  "zlib",
  "BROTLI_DECODE BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MAP " +
    "BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_1 " +
    "BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_2 BROTLI_DECODER_ERROR_ALLOC_TREE_GROUPS " +
    "BROTLI_DECODER_ERROR_DICTIONARY_NOT_SET BROTLI_DECODER_ERROR_FORMAT_BLOCK_LENGTH_1 " +
    "BROTLI_DECODER_ERROR_FORMAT_BLOCK_LENGTH_2 BROTLI_DECODER_ERROR_FORMAT_CL_SPACE " +
    "BROTLI_DECODER_ERROR_FORMAT_CONTEXT_MAP_REPEAT BROTLI_DECODER_ERROR_FORMAT_DICTIONARY " +
    "BROTLI_DECODER_ERROR_FORMAT_DISTANCE BROTLI_DECODER_ERROR_FORMAT_EXUBERANT_META_NIBBLE " +
    "BROTLI_DECODER_ERROR_FORMAT_EXUBERANT_NIBBLE BROTLI_DECODER_ERROR_FORMAT_HUFFMAN_SPACE " +
    "BROTLI_DECODER_ERROR_FORMAT_PADDING_1 BROTLI_DECODER_ERROR_FORMAT_PADDING_2 " +
    "BROTLI_DECODER_ERROR_FORMAT_RESERVED BROTLI_DECODER_ERROR_FORMAT_SIMPLE_HUFFMAN_ALPHABET " +
    "BROTLI_DECODER_ERROR_FORMAT_SIMPLE_HUFFMAN_SAME BROTLI_DECODER_ERROR_FORMAT_TRANSFORM " +
    "BROTLI_DECODER_ERROR_FORMAT_WINDOW_BITS BROTLI_DECODER_ERROR_INVALID_ARGUMENTS " +
    "BROTLI_DECODER_ERROR_UNREACHABLE BROTLI_DECODER_NEEDS_MORE_INPUT BROTLI_DECODER_NEEDS_MORE_OUTPUT " +
    "BROTLI_DECODER_NO_ERROR BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION " +
    "BROTLI_DECODER_PARAM_LARGE_WINDOW BROTLI_DECODER_RESULT_ERROR BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT " +
    "BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT BROTLI_DECODER_RESULT_SUCCESS BROTLI_DECODER_SUCCESS " +
    "BROTLI_DEFAULT_MODE BROTLI_DEFAULT_QUALITY BROTLI_DEFAULT_WINDOW BROTLI_ENCODE " +
    "BROTLI_LARGE_MAX_WINDOW_BITS BROTLI_MAX_INPUT_BLOCK_BITS BROTLI_MAX_QUALITY BROTLI_MAX_WINDOW_BITS " +
    "BROTLI_MIN_INPUT_BLOCK_BITS BROTLI_MIN_QUALITY BROTLI_MIN_WINDOW_BITS BROTLI_MODE_FONT BROTLI_MODE_GENERIC " +
    "BROTLI_MODE_TEXT BROTLI_OPERATION_EMIT_METADATA BROTLI_OPERATION_FINISH BROTLI_OPERATION_FLUSH " +
    "BROTLI_OPERATION_PROCESS BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING BROTLI_PARAM_LARGE_WINDOW " +
    "BROTLI_PARAM_LGBLOCK BROTLI_PARAM_LGWIN BROTLI_PARAM_MODE BROTLI_PARAM_NDIRECT BROTLI_PARAM_NPOSTFIX " +
    "BROTLI_PARAM_QUALITY BrotliCompress() BrotliDecompress() DEFLATE DEFLATERAW Deflate() DeflateRaw() GUNZIP " +
    "GZIP Gunzip() Gzip() INFLATE INFLATERAW Inflate() InflateRaw() UNZIP Unzip() ZLIB_VERNUM ZSTD_COMPRESS " +
    "ZSTD_DECODE ZSTD_DECOMPRESS ZSTD_ENCODE ZSTD_error_GENERIC ZSTD_error_checksum_wrong " +
    "ZSTD_error_corruption_detected ZSTD_error_dictionaryCreation_failed ZSTD_error_dictionary_corrupted " +
    "ZSTD_error_dictionary_wrong ZSTD_error_dstBuffer_null ZSTD_error_dstSize_tooSmall " +
    "ZSTD_error_frameParameter_unsupported ZSTD_error_frameParameter_windowTooLarge ZSTD_error_init_missing " +
    "ZSTD_error_literals_headerWrong ZSTD_error_maxSymbolValue_tooLarge ZSTD_error_maxSymbolValue_tooSmall " +
    "ZSTD_error_memory_allocation ZSTD_error_noForwardProgress_destFull ZSTD_error_noForwardProgress_inputEmpty " +
    "ZSTD_error_no_error ZSTD_error_parameter_combination_unsupported ZSTD_error_parameter_outOfBound " +
    "ZSTD_error_parameter_unsupported ZSTD_error_prefix_unknown ZSTD_error_srcSize_wrong " +
    "ZSTD_error_stabilityCondition_notRespected ZSTD_error_stage_wrong ZSTD_error_tableLog_tooLarge " +
    "ZSTD_error_version_unsupported ZSTD_error_workSpace_tooSmall Z_BEST_COMPRESSION Z_BEST_SPEED Z_BLOCK " +
    "Z_BUF_ERROR Z_DATA_ERROR Z_DEFAULT_CHUNK Z_DEFAULT_COMPRESSION Z_DEFAULT_LEVEL Z_DEFAULT_MEMLEVEL " +
    "Z_DEFAULT_STRATEGY Z_DEFAULT_WINDOWBITS Z_ERRNO Z_FILTERED Z_FINISH Z_FIXED Z_FULL_FLUSH Z_HUFFMAN_ONLY " +
    "Z_MAX_CHUNK Z_MAX_LEVEL Z_MAX_MEMLEVEL Z_MAX_WINDOWBITS Z_MEM_ERROR Z_MIN_CHUNK Z_MIN_LEVEL Z_MIN_MEMLEVEL " +
    "Z_MIN_WINDOWBITS Z_NEED_DICT Z_NO_COMPRESSION Z_NO_FLUSH Z_OK Z_PARTIAL_FLUSH Z_RLE Z_STREAM_END " +
    "Z_STREAM_ERROR Z_SYNC_FLUSH Z_VERSION_ERROR ZstdCompress() ZstdDecompress() brotliCompress() " +
    "brotliCompressSync() brotliDecompress() brotliDecompressSync() codes constants crc32() " +
    "createBrotliCompress() createBrotliDecompress() createDeflate() createDeflateRaw() createGunzip() " +
    "createGzip() createInflate() createInflateRaw() createUnzip() createZstdCompress() createZstdDecompress() " +
    "deflate() deflateRaw() deflateRawSync() deflateSync() gunzip() gunzipSync() gzip() gzipSync() inflate() " +
    "inflateRaw() inflateRawSync() inflateSync() unzip() unzipSync() zstdCompress() zstdCompressSync() " +
    "zstdDecompress() zstdDecompressSync()",
);
