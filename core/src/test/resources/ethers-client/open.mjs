// open.mjs FILE: opens a key file with ethers, the passphrase on standard input, and says whose it is.
import { readFileSync } from 'node:fs'
import { Wallet } from 'ethers'

const passphrase = readFileSync(0, 'utf8')
const wallet = await Wallet.fromEncryptedJson(readFileSync(process.argv[2], 'utf8'), passphrase)
console.log(wallet.address)
