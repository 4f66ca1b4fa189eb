import {
  boolType,
  boolValue,
  listType,
  listValue,
  numberType,
  stringType,
  stringValue,
  type Value,
} from "../../cty/index.ts";
import { integerOf, panic, positionOf } from "../core/arguments.ts";
import { type Arguments, argumentFault, FunctionError, type FunctionTable, onArgument } from "../core/function.ts";
import {
  addressText,
  type IpNetwork,
  lastAddress,
  maskOf,
  networkOf,
  networkText,
  parseNetwork,
} from "./ip-network.ts";
import { satisfiesConstraint } from "./semver-constraint.ts";

const prefix = { name: "prefix", type: stringType };

/** Networks and versions: hashicorp/go-cty-funcs' `cidr`, and buildx's `semvercmp`. */
export const networkFunctions: FunctionTable = {
  cidrhost: {
    params: [prefix, { name: "hostnum", type: numberType }],
    type: stringType,
    impl: (args) => {
      const host = integerOf(args[1]);
      return stringValue(hostAddress(parseNetwork(args[0].asString()), host));
    },
  },
  cidrnetmask: {
    params: [prefix],
    type: stringType,
    impl: (args) => {
      const { prefix: length, bits } = parseNetwork(args[0].asString());
      return stringValue(addressText(maskOf(length, bits), bits));
    },
  },
  cidrsubnet: {
    params: [prefix, { name: "newbits", type: numberType }, { name: "netnum", type: numberType }],
    type: stringType,
    impl: (args) => stringValue(networkText(subnet(args))),
  },
  cidrsubnets: {
    params: [prefix],
    varParam: { name: "newbits", type: numberType },
    type: listType(stringType),
    impl: (args) =>
      listValue(
        subnets(args).map((network) => stringValue(networkText(network))),
        stringType,
      ),
  },
  semvercmp: {
    params: [
      { name: "version", type: stringType },
      { name: "contraint", type: stringType },
    ],
    type: boolType,
    impl: (args) => boolValue(satisfiesConstraint(args[0].asString(), args[1].asString())),
  },
};

function hostAddress(network: IpNetwork, number: bigint): string {
  const last = lastAddress(network) - network.address;
  // Negative numbers count from the end.
  const distance = number < 0n ? -number - 1n : number;
  if (distance > last) {
    throw new FunctionError(`prefix of ${network.prefix} does not accommodate a host numbered ${number}`);
  }
  return addressText(network.address | (number < 0n ? last - distance : number), network.bits);
}

function subnet(args: Arguments): IpNetwork {
  const [newBits, number] = [positionOf(args[1]), integerOf(args[2])];
  const { address, prefix: length, bits } = parseNetwork(args[0].asString());
  if (newBits > 32) throw new FunctionError("may not extend prefix by more than 32 bits");
  const extended = length + newBits;
  if (extended > bits) {
    throw new FunctionError(`insufficient address space to extend prefix of ${length} by ${newBits}`);
  }
  if (number < 0n || (newBits >= 0 && number >= 1n << BigInt(newBits))) {
    throw new FunctionError(`prefix extension of ${newBits} does not accommodate a subnet numbered ${number}`);
  }
  const inserted = address | (number << BigInt(bits - extended));
  // Possible only for a prefix that is made shorter, which go-cidr does not expect.
  if (inserted >> BigInt(bits) !== 0n) throw panic("runtime error: index out of range [-1]");
  return { address: inserted, prefix: extended, bits };
}

function subnets(args: Arguments): readonly IpNetwork[] {
  const network = onArgument(0, () => parseNetwork(args[0].asString()));
  const found: IpNetwork[] = [];
  let next = network.address;
  let before: IpNetwork | undefined;
  for (const [at, argument] of args.slice(1).entries()) {
    const length = extendedLength(argument, at + 1, network);
    // The first address of the size that lies behind what is taken.
    const size = 1n << BigInt(network.bits - length);
    const start = ((next + size - 1n) / size) * size;
    // At the very first address go-cidr takes the step from the one before for a rollover.
    if (start > lastAddress(network) || start === 0n) {
      const after = networkText(before ?? precedingNetwork(network, length));
      const reason = `not enough remaining address space for a subnet with a prefix of ${length} bits after ${after}`;
      throw argumentFault(at + 1, reason);
    }
    before = networkOf(start, length, network.bits);
    found.push(before);
    next = start + size;
  }
  return found;
}

function extendedLength(argument: Value, at: number, network: IpNetwork): number {
  const extension = onArgument(at, () => positionOf(argument));
  if (extension < 1) throw argumentFault(at, "must extend prefix by at least one bit");
  if (extension > 32) throw argumentFault(at, "may not extend prefix by more than 32 bits");
  const length = network.prefix + extension;
  if (length <= network.bits) return length;
  const protocol = network.bits === 32 ? "IPv4" : "IPv6";
  throw argumentFault(at, `would extend prefix to ${length} bits, which is too long for an ${protocol} address`);
}

function precedingNetwork({ address, bits }: IpNetwork, length: number): IpNetwork {
  return networkOf(address === 0n ? maskOf(bits, bits) : address - 1n, length, bits);
}
