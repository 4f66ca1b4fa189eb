// Generated from proto/moby/exporter/v1/exporter.proto by npm run generate. Not to be edited.
import { type Method, type MessageType, message } from "../../../../wire/message.ts";

export interface FindExportersRequest {
  metadata: Record<string, Uint8Array>;
  refs: string[];
}
export const FindExportersRequest: MessageType<FindExportersRequest> = message("moby.exporter.v1.FindExportersRequest", () => [
  [1, "metadata", "bytes", "map", "string"],
  [2, "refs", "string", "many"],
]);

export interface FindExportersResponse {
  exporters: ExporterRequest[];
}
export const FindExportersResponse: MessageType<FindExportersResponse> = message("moby.exporter.v1.FindExportersResponse", () => [
  [1, "exporters", ExporterRequest, "many"],
]);

export interface ExporterRequest {
  type: string;
  attrs: Record<string, string>;
}
export const ExporterRequest: MessageType<ExporterRequest> = message("moby.exporter.v1.ExporterRequest", () => [
  [1, "type", "string"],
  [2, "attrs", "string", "map", "string"],
]);

export interface FinalizeExportRequest {
  exporterResponse: Record<string, string>;
}
export const FinalizeExportRequest: MessageType<FinalizeExportRequest> = message("moby.exporter.v1.FinalizeExportRequest", () => [
  [1, "exporterResponse", "string", "map", "string"],
]);

export type FinalizeExportResponse = Record<never, never>;
export const FinalizeExportResponse: MessageType<FinalizeExportResponse> = message("moby.exporter.v1.FinalizeExportResponse", () => []);

export const Exporter: {
  readonly findExporters: Method<FindExportersRequest, FindExportersResponse>;
  readonly finalizeExport: Method<FinalizeExportRequest, FinalizeExportResponse>;
} = {
  findExporters: { path: "/moby.exporter.v1.Exporter/FindExporters", kind: "unary", request: FindExportersRequest, response: FindExportersResponse },
  finalizeExport: { path: "/moby.exporter.v1.Exporter/FinalizeExport", kind: "unary", request: FinalizeExportRequest, response: FinalizeExportResponse },
};
