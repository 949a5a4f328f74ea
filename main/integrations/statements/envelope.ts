import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'
import { parsedJson } from '../../lib/parsed-json.ts'

export const payloadType = 'application/vnd.in-toto+json'

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]+={0,2}$/)
const envelopeSchema = z.object({
  payloadType: z.literal(payloadType),
  payload: base64.max(200_000),
  signatures: z
    .array(z.object({ keyid: z.string().max(200), sig: base64.max(500) }))
    .min(1)
    .max(10),
})

export type Envelope = z.infer<typeof envelopeSchema>

/** The name of a public key: SHA-256 over its SubjectPublicKeyInfo, in hexadecimal digits. */
const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(publicOf(key).export({ type: 'spki', format: 'der' }))
    .digest('hex')

/** Signs by Ed25519 in an envelope of DSSE (https://github.com/secure-systems-lab/dsse). */
export function signEnvelope(payload: string, key: KeyObject): Envelope {
  const bytes = Buffer.from(payload)
  const sig = sign(null, preAuthEncoding(bytes), key).toString('base64')
  return { payloadType, payload: bytes.toString('base64'), signatures: [{ keyid: keyIdOf(key), sig }] }
}

/** What a text from anybody says, where one of the keys has signed it; null where none has, or it is no envelope. */
export function openEnvelope(
  text: string,
  keys: readonly KeyObject[],
): { readonly payload: string; readonly keyId: string } | null {
  const parsed = envelopeSchema.safeParse(parsedJson(text))
  if (!parsed.success) return null
  const payload = Buffer.from(parsed.data.payload, 'base64')
  const signed = preAuthEncoding(payload)
  // The name of a key in an envelope is a hint of whoever wrote it: every signature is tried with every key.
  for (const { sig } of parsed.data.signatures) {
    const key = keys.find((each) => verify(null, signed, each, Buffer.from(sig, 'base64')))
    if (key) return { payload: payload.toString(), keyId: keyIdOf(key) }
  }
  return null
}

const publicOf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key)

const preAuthEncoding = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload])
