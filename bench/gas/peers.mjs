#!/usr/bin/env node
// The creation bytecode of the contracts that are measured beside ours, as their npm packages publish it: one JSON object, name -> 0x-hex.
//   node bench/gas/peers.mjs FILE
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'node_modules');

// Zodiac's Roles are linked with two libraries; Peers.t.sol puts them at these addresses.
const LIBRARIES = {
  'contracts/Integrity.sol:Integrity': '00000000000000000000000000000000000a11b1',
  'contracts/packers/Packer.sol:Packer': '00000000000000000000000000000000000a11b2',
};

function read(path) {
  try {
    return readFileSync(join(packages, path), 'utf8');
  } catch (e) {
    if (e.code === 'ENOENT') throw new Error(`node_modules/${path} is missing: run scripts/npm-ci`);
    throw e;
  }
}

// Source files are searched, not run: they ask for JavaScript libraries that are not here.
function find(path, pattern) {
  const found = read(path).match(pattern);
  if (!found) throw new Error(`node_modules/${path} has no ${pattern}: the package is not the one that this was written for`);
  return found[1];
}

function eas(name) {
  return JSON.parse(read(`@ethereum-attestation-service/eas-contracts/artifacts/contracts/${name}.sol/${name}.json`)).bytecode;
}

function metamask(name) {
  return find(`@metamask/delegation-abis/dist/bytecode/${name}.mjs`, /"(0x[0-9a-f]+)"/);
}

// A Zodiac module is published with the constructor's arguments of its master copy (static words); the test appends its own.
function zodiac(name, words) {
  return find(`@gnosis.pm/zodiac/dist/esm/initData/${name}.js`, /initCode = "(0x[0-9a-f]+)"/).slice(0, -64 * words);
}

function roles(name) {
  const file = `zodiac-roles-sdk/build/${find('zodiac-roles-sdk/build/typechain.mjs', /"\.\/(typechain-[\w-]+\.mjs)"/)}`;
  const text = read(file);
  const start = text.search(new RegExp(`^var ${name}__factory = `, 'm'));
  const variable = text.slice(start < 0 ? text.length : start).match(/static bytecode = (_bytecode[$\d]*);/);
  if (!variable) throw new Error(`node_modules/${file} has no ${name}: the package is not the one that this was written for`);
  let code = find(file, new RegExp(`const ${variable[1].replaceAll('$', '\\$')} = "(0x[^"]+)"`));
  for (const [, placeholder, library] of text.matchAll(/new RegExp\("(__\\\\\$[0-9a-f]{34}\\\\\$__)", "g"\), linkLibraryAddresses\["([^"]+)"\]/g)) {
    code = code.replaceAll(placeholder.replaceAll('\\\\', ''), LIBRARIES[library]);
  }
  return code;
}

try {
  const peers = {
    schemaRegistry: eas('SchemaRegistry'),
    eas: eas('EAS'),
    delegationManager: metamask('DelegationManager'),
    statelessDeleGator: metamask('EIP7702StatelessDeleGator'),
    erc20TransferAmountEnforcer: metamask('ERC20TransferAmountEnforcer'),
    allowedCalldataEnforcer: metamask('AllowedCalldataEnforcer'),
    limitedCallsEnforcer: metamask('LimitedCallsEnforcer'),
    delay: zodiac('Delay', 5),
    roles: roles('Roles'),
    integrity: roles('Integrity'),
    packer: roles('Packer'),
  };
  for (const [name, code] of Object.entries(peers)) {
    if (!/^0x([0-9a-f]{2}){1000,}$/.test(code)) throw new Error(`${name}: what its package publishes is not linked bytecode`);
  }
  const file = process.argv[2];
  if (!file) throw new Error('usage: node bench/gas/peers.mjs FILE');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(peers));
} catch (e) {
  console.error(`peers.mjs: ${e.message}`);
  process.exit(1);
}
