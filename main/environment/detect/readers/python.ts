import { parse as parseToml } from 'smol-toml'
import { doubt, type Finding, type Read, type Reader, type ReadFile, tool, type Wanted } from '../finding.ts'
import { oneVersion, pythonRange, wanted } from '../ranges.ts'
import { at, plainLines, shown, textAt, textsAt } from '../texts.ts'

/** What builds a project says who manages it. */
const backends = [
  [/^poetry/, 'poetry'],
  [/^pdm/, 'pdm'],
  [/^hatch/, 'hatch'],
  [/^uv_build/, 'uv'],
] as const

const readProject: Read = (file) => {
  const toml = parseToml(file.text)
  const requires = textAt(toml, 'project', 'requires-python')
  const poetry = textAt(toml, 'tool', 'poetry', 'dependencies', 'python')
  const build = textsAt(toml, 'build-system', 'requires')
  const owners = (['poetry', 'pdm', 'uv', 'hatch', 'pixi'] as const).filter(
    (name) => at(toml, 'tool', name) !== undefined,
  )
  const isProject = [requires, poetry].some((text) => text !== undefined) || build.length > 0
  const backend = backends.flatMap(([name, owner]) => (build.some((one) => name.test(one)) ? [owner] : []))
  return [
    // Settings of a linter stand in such a file too.
    ...(isProject || owners.length > 0 || at(toml, 'project') !== undefined ? [tool(file, 'python')] : []),
    ...[requires, poetry].flatMap((text) =>
      text === undefined ? [] : [tool(file, 'python', wanted(text, pythonRange))],
    ),
    ...[...new Set([...owners, ...backend.filter((owner) => owner !== 'hatch')])].map((owner) => tool(file, owner)),
  ]
}

/** pyenv reads several versions, one a line; the first is the one in use. */
const readPythonVersion: Read = (file) => {
  const [first = '', ...others] = plainLines(file.text).flatMap((line) => line.split(/\s+/))
  return [
    tool(file, 'python', pythonVersion(first), 'pin'),
    ...(others.length === 0 ? [] : [doubt(file, `names several versions: the first one counts, ${shown(first)}`)]),
  ]
}

export function pythonVersion(text: string): Wanted | null {
  if (/^system$/i.test(text)) return null
  // `3.13t` is built without the lock that nixpkgs' Python has.
  if (/^\d[\d.]*t(-dev)?$/.test(text)) return { text, range: null }
  return wanted(text.replace(/^(c?python|py)-?(?=\d)/i, ''), oneVersion)
}

const readPipfile: Read = (file) => {
  const toml = parseToml(file.text)
  const version = textAt(toml, 'requires', 'python_full_version') ?? textAt(toml, 'requires', 'python_version')
  return [tool(file, 'pipenv'), tool(file, 'python', version === undefined ? null : pythonVersion(version), 'pin')]
}

/** Settings of setuptools, as text: the program in setup.py is not run. */
const readSetup: Read = (file) => {
  const text = plainLines(file.text).join('\n')
  const version = /\bpython_requires\s*=\s*(?:\(\s*)?["']?([^"'\n]{1,100})/.exec(text)?.[1]
  return [tool(file, 'python', version === undefined ? null : wanted(version, pythonRange))]
}

/** Heroku's `python-3.12.1`. */
const readRuntime: Read = (file) => {
  const version = /^python-(\S+)/.exec(file.text.trim())?.[1]
  return version === undefined ? [] : [tool(file, 'python', wanted(version, oneVersion), 'pin')]
}

/** Read by lines: a parser of YAML takes minutes over what somebody made to have it take minutes. */
const readConda: Read = (file) => {
  const dependency = /^- *["']?(?:[\w-]+::)?python *={0,2} *([\d.]+)/
  const version = plainLines(file.text).flatMap((line) => dependency.exec(line)?.[1] ?? [])[0]
  return [
    tool(file, 'python', version === undefined ? null : wanted(version, oneVersion), 'pin'),
    doubt(file, 'is for conda, which nixpkgs does not stand in for: of it the version of Python alone is used'),
  ]
}

const readUvToml: Read = (file): readonly Finding[] => [tool(file, 'uv'), tool(file, 'python')]
const version = (file: ReadFile): readonly Finding[] => readPythonVersion(file)

export const python: readonly Reader[] = [
  { name: /^pyproject\.toml$/, there: 'python', read: readProject },
  { name: /^\.python-version$/, there: 'python', read: version },
  { name: /^uv\.lock$/, there: 'uv' },
  { name: /^uv\.toml$/, read: readUvToml },
  { name: /^poetry\.lock$/, there: 'poetry' },
  { name: /^pdm\.lock$/, there: 'pdm' },
  { name: /^Pipfile$/, there: 'python', read: readPipfile },
  { name: /^Pipfile\.lock$/, there: 'pipenv' },
  { name: /^pixi\.(toml|lock)$/, there: 'pixi' },
  { name: /^(dev-|test-)?requirements([-_.][\w-]+)*\.(txt|in)$/, there: 'python' },
  { name: /^(setup\.py|setup\.cfg)$/, there: 'python', read: readSetup },
  { name: /^runtime\.txt$/, read: readRuntime },
  { name: /^environment\.ya?ml$/, read: readConda },
]
