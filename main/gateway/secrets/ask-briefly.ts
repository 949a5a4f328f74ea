import { openOnward } from '../open-onward.ts'

export interface BriefAnswer {
  readonly status: number
  /** In the order in which they came; several of one name are one, parted by commas. */
  readonly challenge: string
  readonly text: string
  /** Of the whole body. */
  readonly bytes: number
}

const most = { bytes: 64 * 1024, ms: 30_000 }

/**
 * Asks by GET for an answer of the gateway's own, which is short and soon there. Follows no redirect.
 * @throws where there is none.
 */
export function askBriefly(url: URL, authorization: string | null, trusted?: readonly string[]): Promise<BriefAnswer> {
  return new Promise((resolve, reject) => {
    const onward = openOnward(url, {
      ...{ method: 'GET', path: `${url.pathname}${url.search}`, trusted },
      headers: [
        ...['Host', url.host, 'Accept', 'application/json', 'Accept-Encoding', 'identity', 'Connection', 'close'],
        ...(authorization === null ? [] : ['Authorization', authorization]),
      ],
    })
    const late = setTimeout(() => onward.destroy(new Error('it said nothing for too long')), most.ms)
    onward.once('close', () => {
      clearTimeout(late)
      reject(new Error('its answer broke off')) // Where it is not there yet.
    })
    onward.once('error', (error: NodeJS.ErrnoException) => reject(new Error(error.code ?? error.message)))
    onward.once('upgrade', (_answered, socket) => socket.destroy())
    onward.once('response', (answered) => {
      const pieces: Buffer[] = []
      let bytes = 0
      answered.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > most.bytes) onward.destroy(new Error('its answer is too long'))
        else pieces.push(piece)
      })
      answered.once('error', (error) => reject(error))
      answered.once('end', () => {
        const challenge = answered.headers['www-authenticate'] ?? ''
        resolve({ status: answered.statusCode ?? 0, challenge, text: Buffer.concat(pieces).toString('utf8'), bytes })
      })
    })
    onward.end()
  })
}
