import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseSubnet, formatSubnet, gatewayOf, parseIpv4, parseRoutes } from "./subnet.ts";

const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
vpn0\t0000C80A\t00000000\t0001\t0\t0\t0\t0000FEFF\t0\t0\t0
`;

test("routes are read with their prefixes, the default route left out", () => {
  const routes = parseRoutes(ROUTES).map(formatSubnet);

  assert.deepEqual(routes, ["192.0.2.0/24", "10.200.0.0/15"]);
});

test("an engine gets the same subnet again", () => {
  const [once, again] = [chooseSubnet("0123456789ab", []), chooseSubnet("0123456789ab", [])];

  assert.ok(once && again);
  assert.equal(formatSubnet(once), formatSubnet(again));
  assert.match(formatSubnet(once), /^10\.20\d\.\d+\.0\/24$/);
  assert.equal(gatewayOf(once), formatSubnet(once).replace(".0/24", ".1"));
});

test("a subnet that is taken is passed over", () => {
  const first = chooseSubnet("0123456789ab", []);
  assert.ok(first);

  const second = chooseSubnet("0123456789ab", [first]);

  assert.ok(second);
  assert.notEqual(formatSubnet(second), formatSubnet(first));
});

test("no subnet overlaps a network that contains it or a host inside it", () => {
  const wide = { base: parseIpv4("10.200.0.0") ?? 0, prefix: 14 };
  const chosen = chooseSubnet("000000", [wide]);
  assert.ok(chosen);

  const host = { base: chosen.base + 53, prefix: 32 };
  const other = chooseSubnet("000000", [wide, host]);

  assert.match(formatSubnet(chosen), /^10\.20[4-7]\./);
  assert.ok(other);
  assert.notEqual(formatSubnet(other), formatSubnet(chosen));
});

test("when everything is taken there is no subnet", () => {
  assert.equal(chooseSubnet("0123456789ab", [{ base: parseIpv4("10.0.0.0") ?? 0, prefix: 8 }]), undefined);
});

test("only dotted addresses are addresses", () => {
  assert.equal(parseIpv4("10.0.0.256"), undefined);
  assert.equal(parseIpv4("fe80::1"), undefined);
  assert.equal(parseIpv4("192.0.2.2"), 0xc0000202);
});
