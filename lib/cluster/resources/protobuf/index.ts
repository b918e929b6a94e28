export { decodeProtobuf, isProtobuf, type DecodedObject } from "./decode";
