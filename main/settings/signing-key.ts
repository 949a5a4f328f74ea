import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { writeAtomically } from '../lib/files/atomic-file.ts'
import { readPrivateFile, writePrivateFile } from '../lib/files/private-file.ts'
import { unusable } from '../lib/files/private-folder.ts'

const signingKeyPath = (home: string): string => join(home, 'signing-key')
export const publicKeyPath = (home: string): string => join(home, 'signing-key.pub')

/**
 * The Ed25519 key with which this home signs what it says of merged work, made when there is none. The file of its public half is for others to copy.
 * @throws AppError('token-unsafe' | 'home-unusable' | 'disk-full')
 */
export async function ensureSigningKey(home: string): Promise<KeyObject> {
  const stored = await readPrivateFile(signingKeyPath(home), { what: 'the signing key' })
  const key = stored === undefined ? await makeKey(home) : parseKey(stored, signingKeyPath(home))
  const spki = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  const known = await readFile(publicKeyPath(home), 'utf8').catch(() => null) // Made again below.
  if (known !== spki) {
    await writeAtomically(publicKeyPath(home), spki).catch((error: unknown) => {
      throw unusable(publicKeyPath(home), error)
    })
  }
  return key
}

/** @throws AppError('argument-invalid') for a file that holds no public key of Ed25519. */
export async function readPublicKey(path: string): Promise<KeyObject> {
  try {
    const key = createPublicKey(await readFile(path, 'utf8'))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (cause) {
    throw new AppError('argument-invalid', `${path} holds no public key`, {
      hint: 'Name the signing-key.pub of the home that signed',
      cause,
    })
  }
  throw new AppError('argument-invalid', `${path} holds a key that is not of Ed25519`)
}

async function makeKey(home: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519')
  await writePrivateFile(signingKeyPath(home), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trimEnd())
  return privateKey
}

function parseKey(text: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // What the parser says may quote the key.
  }
  throw new AppError('home-unusable', `${path} holds no key of Ed25519`, {
    hint: 'Move it away: a new one is made, and what the old one signed is checked with verify --key',
  })
}
