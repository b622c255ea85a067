// Settings, and connections that cannot be made.
import { Buffer } from "node:buffer";

export const constants = {};
export const sensitiveHeaders = Symbol("nodejs.http2.sensitiveHeaders");
export const getDefaultSettings = () =>
  Object.create({
    headerTableSize: 4096,
    enablePush: true,
    initialWindowSize: 65535,
    maxFrameSize: 16384,
    maxConcurrentStreams: 4294967295,
    maxHeaderSize: 65535,
    maxHeaderListSize: 65535,
    enableConnectProtocol: false,
  });
export const getPackedSettings = () => Buffer.from("");
export const getUnpackedSettings = () => Object.create({});
