export { type FakeAccess, FakeRegistry, type Override, type SeenRequest, sendError } from "./fake-registry.ts";
