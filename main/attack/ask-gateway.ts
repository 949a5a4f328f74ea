import { connect } from 'node:net'
import { type Asked, type SeenRequest, type Verdict, verdict } from './attack.ts'
import { honestRequest, isHonest } from './catalog/gateway-attacks.ts'
import { openNaiveGateway } from './naive-gateway.ts'
import { openRecordingApi } from './recording-api.ts'

/** A server that keeps its connection and says no more is left after so long. */
const silenceMs = 5_000

/** Sends the bytes of each connection after the other, each until its server ends it or has been silent. */
export async function sendInTurn(port: number, connections: readonly string[]): Promise<void> {
  for (const bytes of connections) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.setTimeout(silenceMs, () => socket.destroy())
      socket.on('error', () => undefined) // `close` follows.
      socket.once('close', () => resolve())
      socket.resume().write(bytes, 'latin1')
    })
  }
}

/** What each attack does to a naive gateway with an API of its own; null where it did no harm. */
export async function harmToNaiveGateway(attack: Asked, usersKey: string): Promise<string | null> {
  await using api = await openRecordingApi()
  await using gateway = await openNaiveGateway(api.host, usersKey)
  await sendInTurn(gateway.port, attack.bytes(api.host))
  return harmOf(attack, api.seen, usersKey)
}

/** For the guest: a bash script that sends all of it to its gateway, attack beside attack. */
export function askScript(attacks: readonly Asked[], gatewayUrl: string, apiHost: string): string {
  const { hostname, port } = new URL(gatewayUrl)
  // A connection that the guest itself half closed is one whose request was taken back.
  const send = (bytes: string) =>
    `{ echo ${Buffer.from(bytes, 'latin1').toString('base64')} | base64 -d; sleep 10; } | timeout 60 busybox nc -w 30 ${hostname} ${port} >/dev/null`
  return [[honestRequest], ...attacks.map((attack) => attack.bytes(apiHost))]
    .map((connections) => `( ${connections.map(send).join('; ')} ) &`)
    .concat('wait\n')
    .join('\n')
}

/** What the attacks came to, by what the API of the real gateway has seen. */
export async function askedVerdicts(
  attacks: readonly Asked[],
  seen: readonly SeenRequest[],
  usersKey: string,
): Promise<readonly Verdict[]> {
  const dead = seen.some((each) => isHonest(each, usersKey)) ? [] : ['no request came to the API, so nothing was shown']
  return await Promise.all(
    attacks.map(async (attack) => {
      const harm = harmOf(attack, seen, usersKey)
      return verdict(attack, [...(harm === null ? [] : [harm]), ...dead], await harmToNaiveGateway(attack, usersKey))
    }),
  )
}

const harmOf = ({ harm }: Asked, seen: readonly SeenRequest[], usersKey: string): string | null =>
  seen.map((each) => harm(each, usersKey)).find((each) => each !== undefined) ?? null
