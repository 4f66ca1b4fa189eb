export { type FakeAnswer, FakeDocker } from "./fake-docker.ts";
