import { existsSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { packageDirectory } from '../files/paths.ts'

const name = 'microvm-orchestrator'

/** The verbs of the command line; `test/lib/processes/own-command.test.ts` holds them against it. */
export const ownVerbs = [
  'allow',
  'as-at-home',
  'attach',
  'cancel',
  'cancel-plan',
  'choose',
  'cleanup',
  'continue',
  'doctor',
  'info',
  'install-agent',
  'install-command',
  'interrupt',
  'finish',
  'fork',
  'hooks',
  'list',
  'logs',
  'merge',
  'network',
  'path',
  'places',
  'preview',
  'prune',
  'pull-requests',
  'remove',
  'resolve',
  'retry',
  'review',
  'run',
  'run-plan',
  'secrets',
  'serve',
  'setup',
  'setup-token',
  'ssh-config',
  'ssh-proxy',
  'tasks',
  'tell',
  'usage',
  'verify',
  'wait',
] as const

const bareCall = new RegExp(`(?<![\\w/.-])(?:npx )?${name} (?=(?:${ownVerbs.join('|')}|--help)\\b)`, 'g')

/**
 * How this very program is called where its user is: by its name when the PATH leads to it, else by its path. By its name alone npx
 * would fetch whatever a registry has under it.
 */
export function ownCommand(path: string = process.env.PATH ?? '', folder: string = packageDirectory()): string {
  const launcher = ownLauncher(folder)
  if (launcher === undefined) return name
  const own = realpathSync(launcher)
  const found = path.split(delimiter).find((each) => each !== '' && existsSync(join(each, name)))
  if (found !== undefined && realpathSync(join(found, name)) === own) return name
  return quoted(launcher)
}

/** How a program that has neither our PATH nor our Node calls this one: words that need no shell. */
export function ownWords(folder: string = packageDirectory()): readonly string[] {
  const launcher = ownLauncher(folder)
  if (launcher === undefined) return [name]
  return launcher.endsWith('.mjs') ? [process.execPath, launcher] : [launcher]
}

const ownLauncher = (folder: string): string | undefined =>
  [join(folder, 'main', `${name}.mjs`), join(folder, '..', 'bin', name)].find((each) => existsSync(each))

/**
 * Makes each line of this program that a text tells the user to run one that works as it stands. Hints name the command by its bare
 * name; whatever shows one to the user passes it through here.
 */
export function withOwnCommand(text: string, command: () => string = ownCommand): string {
  // A replacement text would have `$` mean something.
  return text.replace(bareCall, () => `${command()} `)
}

/** How Claude Code is called here: by its name when the PATH has it, else the one that came with our own packages. */
export function claudeCommand(path: string = process.env.PATH ?? '', folder: string = packageDirectory()): string {
  if (path.split(delimiter).some((each) => each !== '' && existsSync(join(each, 'claude')))) return 'claude'
  const beside = claudeBeside(folder)
  return beside === undefined ? 'claude' : quoted(beside)
}

/** Claude Code among our own packages, in a checkout; undefined where there is none. */
export function claudeBeside(folder: string = packageDirectory()): string | undefined {
  const path = join(folder, 'node_modules', '.bin', 'claude')
  return existsSync(path) ? path : undefined
}

const quoted = (path: string): string => (/^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)
