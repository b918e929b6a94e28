export { decodeProtobuf, isProtobuf, type DecodedObject } from "./decode";
export { encodeProtobuf, encodeWatchFrame } from "./encode";
