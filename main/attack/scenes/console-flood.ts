import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import { startDetached } from '../../lib/processes/start-detached.ts'
import { type Verdict, verdict } from '../attack.ts'
import { livedAttacks } from '../catalog/lived-attacks.ts'
import { processesOf } from '../processes.ts'
import { floodMiB, ready } from '../scene-scripts.ts'
import { filesTelling, type Stage } from '../stage.ts'

const mebibyte = 1024 ** 2
/** Two files of 64 MiB, and what their last lines run over. */
const keptLimit = 130 * mebibyte

/** A guest that says what it should not, floods its console, and starts itself again at the end. */
export async function playConsoleFlood(
  stage: Stage,
  key: string,
  rebootsNaively: boolean,
): Promise<readonly Verdict[]> {
  const scene = await stage.play('consoleFlood')
  const raw = await scene.console(ready)
  const processes = await processesOf(scene.id)
  const keyInShare = await pathExists(join(scene.files.share, '.api-key'))
  await scene.go()
  const view = await scene.until('finished')

  const kept = [await filesTelling(scene.files.folder, key), await filesTelling(stage.home, key)].flat()
  const told = kept.map((name) => `${name} tells the key`)
  const result = await readFile(join(scene.files.share, 'result.json'), 'utf8').catch(() => '')
  const console = await readFile(scene.files.console, 'latin1')
  const flooded = console.includes('red team: flooded')
  const bytes = (await sizeOf(scene.files.console)) + (await sizeOf(`${scene.files.console}.1`))

  return [
    verdict(
      livedAttacks.keyOnConsole,
      [...told.filter((line) => line.startsWith('serial.log')), ...(keyInShare ? ['the key stayed in the share'] : [])],
      raw.includes(key) ? 'the console held the key while the guest ran' : null,
    ),
    verdict(
      livedAttacks.keyInResult,
      [
        ...told.filter((line) => !line.startsWith('serial.log')),
        ...(JSON.stringify(view).includes(key) ? ['the answer to a client tells the key'] : []),
        ...(stage.logged().includes(key) ? ['the log tells the key'] : []),
      ],
      result.includes(key) ? 'the result in the share held the key' : null,
    ),
    verdict(
      livedAttacks.keyInProcesses,
      processes
        .filter(({ words }) => words.includes(key))
        .map(({ pid }) => `process ${pid} has the key`)
        .concat(processes.length < 3 ? ['the processes of the machine were not found'] : []),
      await environmentTells(key),
    ),
    verdict(
      livedAttacks.flood,
      [
        ...(flooded ? [] : ['the guest did not come to the end of its flood']),
        ...(bytes > keptLimit ? [`${bytes} bytes were kept`] : []),
      ],
      flooded ? `a host that keeps all has ${floodMiB} MiB` : null,
    ),
    verdict(
      livedAttacks.reboots,
      console.slice(console.indexOf('red team: flooded')).includes(ready) ? ['the guest ran again'] : [],
      rebootsNaively ? 'the naive machine ran again' : null,
    ),
  ]
}

/** A helper that was given the whole environment shows it to everybody of its user. */
async function environmentTells(key: string): Promise<string | null> {
  const { pid, ended } = await startDetached('sleep', ['60'], {
    env: { PATH: process.env.PATH ?? '', ANTHROPIC_API_KEY: key },
  })
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
    return environment.includes(key) ? "a helper with its caller's environment shows the key" : null
  } finally {
    process.kill(pid, 'SIGKILL')
    await ended
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0, // It was never that long.
  )
