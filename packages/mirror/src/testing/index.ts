export { startTestMirror, type TestMirror, type TestMirrorOptions } from "./test-mirror.ts";
