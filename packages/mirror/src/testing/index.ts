export { pushImage, type TestLogin } from "./push-image.ts";
export { startTestMirror, type TestMirror, type TestMirrorOptions } from "./test-mirror.ts";
