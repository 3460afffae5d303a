// fetch.mjs GATEWAY CID: fetches a raw block from a trustless gateway and verifies it with the reference implementation.
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'

const [gateway, text] = process.argv.slice(2)
const cid = CID.parse(text)
if (cid.version !== 1 || cid.code !== raw.code || cid.multihash.code !== sha256.code) throw new Error(`not a raw CIDv1: ${cid}`)
const response = await fetch(`${gateway}/ipfs/${cid}?format=raw`, { headers: { Accept: 'application/vnd.ipld.raw' } })
if (response.status !== 200) throw new Error(`HTTP ${response.status}`)
const bytes = new Uint8Array(await response.arrayBuffer())
const own = CID.createV1(raw.code, await sha256.digest(bytes))
if (!own.equals(cid)) throw new Error(`got ${own}, asked for ${cid}`)
console.log(JSON.stringify({ cid: own.toString(), length: bytes.length, type: response.headers.get('content-type') }))
