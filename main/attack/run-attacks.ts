import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeTree } from '../lib/files/remove-tree.ts'
import type { Log } from '../lib/log.ts'
import { createDriver } from '../machines/drivers.ts'
import type { GuestImage } from '../machines/guest-image.ts'
import { required } from '../machines/host/required.ts'
import { askedVerdicts, askScript } from './ask-gateway.ts'
import { type Verdict, verdict } from './attack.ts'
import { again, attackImage } from './attack-image.ts'
import {
  allAttacks,
  gatewayAttacks,
  leftBehindAttacks,
  placeAttacks,
  privilegeAttacks,
  reachAttacks,
} from './catalog/all.ts'
import { laneCount, layBait, prepare, restore } from './fixtures.ts'
import { type GuestRun, privilegeFolder, runGuest } from './guest-run.ts'
import { saidVerdicts } from './hear-place.ts'
import { type Honeypots, openHoneypots } from './honeypots.ts'
import { handOver, judgeAttack } from './left-behind.ts'
import { runNaiveMachine } from './naive-machine.ts'
import { type ProbePorts, probeScript, reachedBy } from './probe.ts'
import { openRecordingApi } from './recording-api.ts'
import { playConsoleFlood } from './scenes/console-flood.ts'
import { playEndlessProcesses } from './scenes/endless-processes.ts'
import { playIgnoredPowerOff, type ShownToUser } from './scenes/ignored-power-off.ts'
import { playLyingLine } from './scenes/lying-line.ts'
import { openStage } from './stage.ts'

export interface AttackOptions {
  readonly image: GuestImage
  /** Of the tools and the verdict on KVM. */
  readonly cacheDirectory: string
  readonly log: Log
  readonly shown: ShownToUser
  /** A line for a person, a few of them a minute. */
  readonly onProgress: (line: string) => void
}

/**
 * Carries out every attack of the catalogue on this host, in real machines, each first on a naive host. What it makes is below one temporary
 * folder and gone afterwards; guests have no network but this host's own loopback.
 */
export async function runAttacks(options: AttackOptions, signal: AbortSignal): Promise<readonly Verdict[]> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'microvm-attack-')))
  try {
    return await attackIn(folder, options, signal)
  } finally {
    await removeTree(folder)
  }
}

async function attackIn(folder: string, options: AttackOptions, signal: AbortSignal): Promise<readonly Verdict[]> {
  const { image, cacheDirectory, log, onProgress } = options
  await using pots = await openHoneypots()
  await using api = await openRecordingApi()
  const bait = await layBait(folder)
  const targets = { secretFile: join(folder, 'secret.txt'), victim: join(folder, 'scene-victim') }
  await writeFile(targets.secretFile, bait.secret)
  await restore(targets)
  const hostile = await attackImage(image, '', await made(folder, 'image'))
  const driver = createDriver({ image: async () => hostile, cacheDirectory, log })
  await using stage = await openStage(driver, bait, targets, pots.tcp, signal)
  const ports: ProbePorts = { tcp: pots.tcp, udp: pots.udp, ipv6: pots.ipv6, mcp: stage.port }

  onProgress(`Laying out ${leftBehindAttacks.length} tasks for the red-team guest`)
  const prepared = await Promise.all(leftBehindAttacks.map((attack, index) => prepare(attack, bait, index, signal)))
  for (const each of prepared) await handOver(each)

  onProgress('A naive machine, to show what attacks do where nothing stops them')
  const naive = await attackNaiveMachine(folder, options, ports, signal)

  onProgress('The red-team guest')
  const given = { control: `${driver.forwardAddress}:${pots.tcp}` }
  const guestRun = await runGuest(
    driver,
    bait,
    {
      prepared,
      privileges: privilegeAttacks,
      probe: [
        probeScript(reachAttacks, { ...ports, ...given }),
        askScript(gatewayAttacks, required(driver.gatewayUrl ?? undefined, 'A gateway for machines'), api.host),
      ].join('\n'),
      forwardPort: pots.tcp,
      apiHost: api.host,
    },
    signal,
  )

  onProgress('What it left behind, first given to naive hosts, then judged')
  const verdicts: Verdict[] = []
  const judgeLane = async (lane: number): Promise<void> => {
    for (const each of prepared.filter((_, index) => index % laneCount === lane)) {
      const failure = await guestRun.failureOf(each.attack)
      const judged = await judgeAttack(each, guestRun.machine, bait, log)
      verdicts.push(failure === undefined ? judged : tried(judged, failure))
    }
  }
  await Promise.all(Array.from({ length: laneCount }, (_, lane) => judgeLane(lane)))
  verdicts.push(...(await privilegeVerdicts(folder, naive, guestRun)), ...reachVerdicts(naive, guestRun, pots))
  verdicts.push(...(await askedVerdicts(gatewayAttacks, api.seen, bait.key)))
  verdicts.push(...(await saidVerdicts(await made(folder, 'places'), placeAttacks)))

  onProgress('Guests that talk, do not hear, and take what they can')
  const [consoleFlood, ignoredPowerOff, endlessProcesses, lyingLine] = await Promise.all([
    playConsoleFlood(stage, bait.key, naive.console.includes(again)),
    playIgnoredPowerOff(stage, bait, options.shown),
    playEndlessProcesses(stage, targets.victim),
    playLyingLine(stage),
  ])
  const order = new Map(allAttacks.map(({ name }, index) => [name, index]))
  const placeOf = ({ name }: Verdict): number => order.get(name) ?? 0
  return [...verdicts, ...consoleFlood, ...ignoredPowerOff, ...endlessProcesses, ...lyingLine].toSorted(
    (a, b) => placeOf(a) - placeOf(b),
  )
}

interface Naive {
  readonly console: string
  readonly share: string
}

async function attackNaiveMachine(
  folder: string,
  { image, cacheDirectory }: AttackOptions,
  ports: ProbePorts,
  signal: AbortSignal,
): Promise<Naive> {
  const share = join(folder, 'naive-share')
  for (const attack of privilegeAttacks) await mkdir(privilegeFolder(share, attack), { recursive: true })
  const privileges = privilegeAttacks.map(({ name, guest }) => `(cd /workspace/privileges/${name} && { ${guest}; })`)
  const probe = [...privileges, probeScript(reachAttacks, ports)].join('\n')
  const naiveImage = await attackImage(image, probe, await made(folder, 'naive-image'))
  return { share, console: await runNaiveMachine({ image: naiveImage, share, cacheDirectory }, signal) }
}

async function privilegeVerdicts(folder: string, naive: Naive, guestRun: GuestRun): Promise<readonly Verdict[]> {
  const unproven = process.getuid?.() === 0 ? undefined : 'only a server that is root can be shown to allow it'
  return await Promise.all(
    privilegeAttacks.map(async (attack) => {
      const proof = await attack.sign(privilegeFolder(naive.share, attack))
      const harm = await attack.sign(privilegeFolder(join(folder, 'guest'), attack))
      const judged = verdict(attack, harm === undefined ? [] : [harm], proof ?? null, unproven)
      const failure = await guestRun.failureOf(attack)
      return failure === undefined ? judged : tried(judged, failure)
    }),
  )
}

function reachVerdicts(naive: Naive, guestRun: GuestRun, pots: Honeypots): readonly Verdict[] {
  const [naively, really] = [reachedBy(naive.console), reachedBy(guestRun.console)]
  const dead = really.works ? [] : ['the network did not work at all, so nothing was shown']
  return reachAttacks.map((attack) => {
    const through = really.names.has(attack.name) ? ['it got through'] : []
    const noIpv6 = attack.name.endsWith('ipv6') && pots.ipv6 === 0 ? 'this host has no IPv6' : undefined
    return verdict(attack, [...through, ...dead], naively.names.has(attack.name) ? 'it got through' : null, noIpv6)
  })
}

/** An attack whose script failed in the guest shows nothing. */
const tried = (judged: Verdict, failure: string): Verdict => ({
  ...judged,
  broken: [...judged.broken, `the guest could not carry it out: ${failure}`],
})

async function made(folder: string, name: string): Promise<string> {
  await mkdir(join(folder, name))
  return join(folder, name)
}
