import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { importCircles } from '../support/import-circles.ts'

const root = join(import.meta.dirname, '../..')

/**
 * Which folders of `main/` each may import from, itself apart. What is not listed is `main/` itself: the entries and `app.ts`.
 * `preload` is the window's contract, outside.
 */
const folders: Readonly<Record<string, readonly string[]>> = {
  core: [],
  lib: ['core'],
  settings: ['lib', 'core'],
  git: ['lib', 'core'],
  machines: ['lib', 'core'],
  gateway: ['lib', 'core'],
  environment: ['git', 'lib', 'core'],
  worker: ['environment', 'git', 'lib', 'core'],
  tasks: ['worker', 'environment', 'git', 'machines', 'settings', 'lib', 'core'],
  fleet: ['tasks', 'worker', 'git', 'machines', 'settings', 'lib', 'core'],
  api: ['tasks', 'lib', 'core'],
  mcp: ['api', 'tasks', 'lib', 'core'],
  integrations: ['api', 'tasks', 'git', 'settings', 'lib', 'core'],
  window: ['api', 'tasks', 'environment', 'git', 'machines', 'settings', 'lib', 'core', 'preload'],
  web: ['window', 'api', 'tasks', 'lib', 'core', 'preload'],
  desktop: ['window', 'tasks', 'settings', 'lib', 'core', 'preload'],
  attack: ['web', 'fleet', 'tasks', 'git', 'machines', 'settings', 'lib', 'core', 'main'],
  commands: [
    'attack',
    'integrations',
    'fleet',
    'web',
    'api',
    'tasks',
    'environment',
    'git',
    'machines',
    'settings',
    'lib',
    'core',
    'main',
  ],
}

/** What the window and its host share beside `main/core/`: the contract, and how a snapshot is followed. */
const contract: readonly string[] = [
  'preload/contract.ts',
  'preload/live-state.ts',
  'preload/task-details.ts',
  'preload/review.ts',
  'preload/repository.ts',
  'preload/host.ts',
  'preload/history.ts',
  'preload/places.ts',
  'preload/plan.ts',
  'preload/attempts.ts',
  'preload/request.ts',
  'preload/landing.ts',
  'preload/settings.ts',
  'preload/apply-delta.ts',
  'preload/follow-snapshot.ts',
  'preload/place-hash.ts',
  'preload/task-needs.ts',
]

/** Packages, and parts of Node that are a border, with the only places that may import them. Others may be imported outside `core`. */
const reserved: Readonly<Record<string, readonly string[]>> = {
  execa: ['main/lib/processes/spawn.ts'],
  'node:child_process': [
    'main/lib/processes/converse.ts',
    'main/lib/processes/start-child.ts',
    'main/lib/processes/start-detached.ts',
    'main/lib/processes/child-session.ts',
    'main/lib/processes/stream-program.ts',
    'main/lib/processes/pipe-program.ts',
  ],
  'simple-git': ['main/git/'],
  '@modelcontextprotocol/sdk': ['main/mcp/'],
  'node:http': ['main/mcp/', 'main/web/', 'main/lib/http/', 'main/gateway/', 'main/attack/', 'main/app.ts'],
  electron: ['main/desktop/', 'main/index.ts'],
  'electron-updater': ['main/desktop/update/'],
  commander: ['main/cli.ts', 'main/commands/declarations/'],
  conf: ['main/settings/'],
  'proper-lockfile': ['main/lib/'],
  'write-file-atomic': ['main/lib/'],
  pino: ['main/lib/'],
  sax: ['main/environment/'],
  standardwebhooks: ['main/integrations/hooks/'],
  '@opentelemetry/api': ['main/integrations/telemetry/'],
  '@opentelemetry/sdk-metrics': ['main/integrations/telemetry/'],
  '@opentelemetry/sdk-trace': ['main/integrations/telemetry/'],
  '@opentelemetry/resources': ['main/integrations/telemetry/'],
  '@opentelemetry/exporter-prometheus': ['main/integrations/telemetry/'],
  '@opentelemetry/exporter-trace-otlp-http': ['main/integrations/telemetry/'],
  '@opentelemetry/exporter-metrics-otlp-http': ['main/integrations/telemetry/'],
  semver: ['main/environment/'],
  'smol-toml': ['main/environment/'],
  yaml: ['main/environment/'],
  react: ['renderer/'],
  'react-dom': ['renderer/'],
  zustand: ['renderer/'],
  '@xterm/xterm': ['renderer/'],
  '@xterm/addon-fit': ['renderer/'],
  '@xterm/addon-search': ['renderer/'],
  'react-markdown': ['renderer/'],
  'remark-gfm': ['renderer/'],
  hast: ['renderer/'],
}

interface SourceFile {
  /** Relative to the repository's root. */
  readonly path: string
  readonly text: string
}

const importPattern =
  /(?:^|[\s;}])(?:import|export)\s*(?:[^'"`;()]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf({ text }: SourceFile): readonly string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return [...code.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? '')
}

function violationsOf(file: SourceFile): readonly string[] {
  if (file.path.startsWith('renderer/')) return windowViolationsOf(file)
  const from = folderOf(file.path)
  return importsOf(file).flatMap((target) => {
    if (target.startsWith('.')) {
      const path = relative(root, join(root, dirname(file.path), target))
      const isContract = contract.includes(path)
      if (!path.startsWith('main/') && !isContract) return [`${file.path} imports ${path}, outside main/`]
      const to = isContract ? 'preload' : folderOf(path)
      const allowed = from === to || from === 'main' || folders[from]?.includes(to)
      return allowed ? [] : [`${file.path} imports ${path}: ${from} may not know ${to}`]
    }
    const name = packageOf(target)
    const places = reserved[name]
    if (places && !places.some((place) => file.path.startsWith(place))) {
      return [`${file.path} imports ${name}, which only ${places.join(', ')} may`]
    }
    if (from === 'core') return [`${file.path} imports ${name}: core is plain data and functions`]
    if (from === 'gateway' && !target.startsWith('node:')) return [`${file.path} imports ${name}, which it cannot read`]
    return target.startsWith('node:') || !builtinModules.includes(name)
      ? []
      : [`${file.path} imports ${name} without node:`]
  })
}

/** The window runs in a browser: it knows itself, the contract, what is pure, and the packages that are its own. */
function windowViolationsOf(file: SourceFile): readonly string[] {
  return importsOf(file)
    .filter((target) => {
      if (!target.startsWith('.')) return !reserved[packageOf(target)]?.includes('renderer/')
      const path = relative(root, join(root, dirname(file.path), target))
      return !['renderer/', ...contract, 'main/core/'].some((place) => path.startsWith(place))
    })
    .map((target) => `${file.path} imports ${target}, which the window may not`)
}

const folderOf = (path: string): string => {
  const parts = path.split('/')
  return parts.length > 2 ? (parts[1] ?? 'main') : 'main'
}

const packageOf = (target: string): string => {
  if (target.startsWith('node:')) return target.split('/')[0] ?? target
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')
}

const sourcesIn = (folder: string): readonly SourceFile[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(root, folder, name), 'utf8') }))

const sources = [...sourcesIn('main'), ...sourcesIn('renderer')]

test('every import goes in an allowed direction', () => {
  expect(sources.length).toBeGreaterThan(20)
  expect(sources.flatMap((file) => importsOf(file)).length).toBeGreaterThan(sources.length)
  expect(sources.flatMap(violationsOf)).toEqual([])
})

test('every folder of main/ has its place in the table', () => {
  const unknown = sources
    .filter(({ path }) => path.startsWith('main/'))
    .map(({ path }) => folderOf(path))
    .filter((folder) => folder !== 'main' && !(folder in folders))
  expect([...new Set(unknown)]).toEqual([])
})

test.each([
  ['main/core/x.ts', "import None{ run } from '../lib/spawn.ts'"],
  ['main/core/x.ts', "import { readFile } from 'node:fs/promises'"],
  ['main/core/x.ts', "import { z } from 'zod'"],
  ['main/gateway/x.ts', "import { z } from 'zod'"],
  ['main/lib/x.ts', "import type { Driver } from '../machines/driver.ts'"],
  ['main/lib/x.ts', "import { execa } from 'execa'"],
  ['main/settings/x.ts', "export { inspectRepository } from '../git/inspect-repository.ts'"],
  ['main/machines/qemu/x.ts', "import { spawn } from 'node:child_process'"],
  ['main/machines/qemu/x.ts', "import { taskFiles } from '../../tasks/task-files.ts'"],
  ['main/tasks/x.ts', "const { simpleGit } = await import('simple-git')"],
  ['main/tasks/x.ts', "import '../mcp/http.ts'"],
  ['main/tasks/x.ts', "import { requireTaskId } from '../api/views.ts'"],
  ['main/api/x.ts', "import type { ServerConnection } from '../web/client.ts'"],
  ['main/api/operations/x.ts', "import { readSettings } from '../../settings/settings.ts'"],
  ['main/tasks/x.ts', "import type { TaskRow } from '../../preload/contract.ts'"],
  ['main/window/x.ts', "import { send } from '../../preload/index.ts'"],
  ['main/mcp/x.ts', "import type { WindowService } from '../window/service.ts'"],
  ['main/mcp/x.ts', "import {\n  client,\n} from '../web/client.ts'"],
  ['main/web/x.ts', "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'"],
  ['main/tasks/x.ts', "import { createServer } from 'node:http'"],
  ['main/app.ts', "import { app } from 'electron'"],
  ['main/commands/x.ts', "import { repository } from '../../test/support/repositories.ts'"],
  ['main/lib/x.ts', "import fs from 'fs'"],
  ['main/web/x.ts', "import { create } from 'zustand'"],
  ['renderer/x.tsx', "import { readFile } from 'node:fs/promises'"],
  ['renderer/views/x.tsx', "import { readSettings } from '../../main/settings/settings.ts'"],
  ['renderer/views/x.tsx', "import { z } from 'zod'"],
])('in %s the line %j is found', (path, text) => {
  expect(violationsOf({ path, text: `const a = 1\n${text}\n` })).toHaveLength(1)
})

test('comments and texts are no imports', () => {
  const text = "// import { x } from 'execa'\n/* import 'electron' */\nconst hint = 'import from elsewhere'\n"
  expect(violationsOf({ path: 'main/core/x.ts', text })).toEqual([])
})

/** Modules that parse what a guest made: its clone, its share, its commits. All of a folder where one is named. */
const guestReaderPlaces: readonly string[] = [
  'main/git/salvage/',
  'main/git/survey/',
  'main/git/import/',
  'main/git/conflicts/',
  'main/git/merge/merge-work.ts',
  'main/git/merge/merge-trees.ts',
  'main/git/merge/replay-commits.ts',
  'main/git/merge/find-earlier-merge.ts',
  'main/git/merge/not-contained.ts',
  'main/git/self-running/find-held-paths.ts',
  'main/git/merge/preview-merge.ts',
  'main/git/changes/list-changes.ts',
  'main/git/changes/read-diff.ts',
  'main/git/merge/expand-selection.ts',
  'main/git/changes/read-subjects.ts',
  'main/worker/jobs.ts',
  'main/worker/look-at-work.ts',
  'main/worker/read-result.ts',
  'main/worker/result-lines.ts',
  'main/worker/read-interruption.ts',
  'main/worker/keep-stream.ts',
]

const guestReaders = guestReaderPlaces.flatMap((place) =>
  sources.filter(({ path }) => path.startsWith(place)).map(({ path }) => path),
)

/** What runs outside the worker and reaches one of them at run time, directly or through others; types are no matter. */
function guestReadersReachedBy(entries: readonly string[], files: readonly SourceFile[]): readonly string[] {
  const texts = new Map(files.map((file) => [file.path, file.text]))
  const ways = new Map<string, string>(entries.map((entry) => [entry, entry]))
  const pending = [...entries]
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const text = (texts.get(path) ?? '').replace(/\b(import|export) type\s[^'"]*['"][^'"]*['"]/g, '')
    for (const target of importsOf({ path, text })) {
      const reached = relative(root, join(root, dirname(path), target))
      if (!target.startsWith('.') || reached === 'main/worker/main.ts' || ways.has(reached)) continue
      ways.set(reached, `${ways.get(path)} > ${reached}`)
      pending.push(reached)
    }
  }
  return guestReaders.flatMap((reader) => ways.get(reader) ?? [])
}

const outsideTheWorker = ['main/app.ts', 'main/cli.ts', 'main/index.ts']

test('only the worker process reads what a guest made', () => {
  for (const place of guestReaderPlaces)
    expect(
      guestReaders.some((path) => path.startsWith(place)),
      place,
    ).toBe(true)
  expect(guestReadersReachedBy(outsideTheWorker, sources)).toEqual([])
  expect(guestReadersReachedBy(['main/worker/main.ts'], sources).length).toBeGreaterThan(guestReaderPlaces.length)
})

test.each([
  "import { salvageWork } from './git/salvage/salvage-work.ts'",
  "import { type Job, jobs } from './worker/jobs.ts'",
  "export { readResult } from './worker/read-result.ts'",
  "const { mergeWork } = await import('./git/merge/merge-work.ts')",
])('a way to a reader of guest data by %j is found, through another module too', (text) => {
  const others = [
    { path: 'main/app.ts', text: "import { between } from './between.ts'\n" },
    { path: 'main/between.ts', text: `${text}\n` },
  ]
  expect(guestReadersReachedBy(['main/app.ts'], others).length).toBeGreaterThan(0)
  const typeOnly = "import type { jobs } from './worker/jobs.ts'\n"
  expect(guestReadersReachedBy(['main/app.ts'], [{ path: 'main/app.ts', text: typeOnly }])).toEqual([])
})

/** What a reader takes in at a look; the folders whose entries are one of a kind each have a few more. */
const mostSiblings = 24

test('no folder is too full to be looked through', () => {
  const folders = ['main', 'preload', 'renderer'].flatMap((top) => [
    top,
    ...readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  ])
  expect(folders.length).toBeGreaterThan(60)
  expect(folders.filter((folder) => readdirSync(join(root, folder)).length > mostSiblings)).toEqual([])
})

test('the window makes no markup out of text', () => {
  const markup =
    /dangerouslySetInnerHTML|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(/
  expect(sourcesIn('renderer').filter(({ text }) => markup.test(text))).toEqual([])
})

/** Who may name `.microvm`: the one module that builds paths there, and those that tell git or a red team of the name and build none. */
const knowTheFolder = [
  'main/tasks/record/work-tree-folder.ts',
  'main/git/repository/exclude-tasks.ts',
  'main/git/repository/tracks-tasks.ts',
  'main/git/survey/reserved-names.ts',
  'main/attack/catalog/state-attacks.ts',
  'main/attack/damage.ts',
  'main/attack/left-behind.ts',
]
const namesTheFolder = ({ text }: SourceFile): boolean =>
  /['"`/]\.microvm['"`/]/.test(text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, ''))

test('one module builds paths below the .microvm of a work tree, which a commit can name', () => {
  const naming = sourcesIn('main').filter(namesTheFolder)
  expect(naming.map(({ path }) => path).filter((path) => !knowTheFolder.includes(path))).toEqual([])
  expect(namesTheFolder({ path: 'main/tasks/x.ts', text: "const a = join(repoPath, '.microvm', 'tasks')" })).toBe(true)
  expect(namesTheFolder({ path: 'main/tasks/x.ts', text: 'const a = `/.microvm/tasks`' })).toBe(true)
})

test('no file imports itself through others, not for its types either', () => {
  const all = [...sources, ...sourcesIn('renderer'), ...sourcesIn('preload')]
  expect(importCircles(all, 'run-time')).toEqual([])
  expect(importCircles(all, 'any')).toEqual([])
})

test.each([
  [["import { b } from './b.ts'", "import { c } from './c.ts'", "import { a } from './a.ts'"], 'run-time'],
  [["export { b } from './b.ts'", "const c = await import('./c.ts')", "import './a.ts'"], 'run-time'],
  [["import { type B, b } from './b.ts'", "import { c } from './c.ts'", "import { a } from './a.ts'"], 'run-time'],
  [["import { type B, type C } from './b.ts'", "import { c } from './c.ts'", "import { a } from './a.ts'"], 'types'],
  [["import type { B } from './b.ts'", "import { c } from './c.ts'", "import { a } from './a.ts'"], 'types'],
  [["import { b } from './b.ts'", "import { c } from './c.ts'", "import { join } from 'node:path'"], 'none'],
] as const)('%j is a circle of kind %s', (texts, kind) => {
  const files = texts.map((text, index) => ({ path: `main/x/${'abc'[index]}.ts`, text: `${text}\n` }))
  const circle = [['main/x/a.ts', 'main/x/b.ts', 'main/x/c.ts']]
  expect(importCircles(files, 'run-time')).toEqual(kind === 'run-time' ? circle : [])
  expect(importCircles(files, 'any')).toEqual(kind === 'none' ? [] : circle)
})
