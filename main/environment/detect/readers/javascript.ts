import { doubt, type Finding, type Read, type Reader, type ReadFile, tool, type Wanted } from '../finding.ts'
import { npmRange, oneVersion, wanted } from '../ranges.ts'
import { entriesAt, parseJson, plainLines, shown, textAt } from '../texts.ts'

const managers = ['npm', 'pnpm', 'yarn', 'bun'] as const
type Manager = (typeof managers)[number]

const managed = (file: ReadFile, manager: Manager, wants: Wanted | null, rank: 'pin' | 'range'): Finding =>
  // npm comes with Node.
  manager === 'npm' ? tool(file, 'node') : tool(file, manager, wants, rank)

/** `engines`, `packageManager`, `devEngines` and Volta's pins. */
const readPackage: Read = (file) => {
  const json = parseJson(file.text)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('it holds no object')
  const engines = ['node', ...managers].flatMap((name) => {
    const text = textAt(json, 'engines', name)
    if (text === undefined) return []
    const wants = wanted(text, npmRange)
    return name === 'node' ? [tool(file, 'node', wants)] : [managed(file, name as Manager, wants, 'range')]
  })
  const runtime = textAt(json, 'devEngines', 'runtime', 'name')
  const runtimeVersion = wanted(textAt(json, 'devEngines', 'runtime', 'version') ?? '', npmRange)
  const runtimes = (['node', 'bun', 'deno'] as const).filter((name) => name === runtime)
  return [
    ...readManager(file, json),
    ...entriesAt(json, 'volta').flatMap(([name, version]) =>
      typeof version !== 'string' || name === 'extends'
        ? []
        : name === 'node'
          ? [tool(file, 'node', wanted(version, oneVersion), 'pin')]
          : isManager(name)
            ? [managed(file, name, wanted(version, oneVersion), 'pin')]
            : [],
    ),
    ...engines,
    ...runtimes.map((name) => tool(file, name, runtimeVersion)),
    // Bun and Deno read the same file: whether Node is needed is seen once all files are known.
    ...(engines.length === 0 ? [] : [tool(file, 'node')]),
  ]
}

function readManager(file: ReadFile, json: unknown): readonly Finding[] {
  const text = textAt(json, 'packageManager')
  if (text === undefined) {
    const name = textAt(json, 'devEngines', 'packageManager', 'name') ?? ''
    const version = wanted(textAt(json, 'devEngines', 'packageManager', 'version') ?? '', npmRange)
    return isManager(name) ? [managed(file, name, version, 'range')] : []
  }
  const [, name = '', version = ''] = /^([^@]+)@?([^+]*)/.exec(text) ?? []
  if (isManager(name)) return [managed(file, name, wanted(version, oneVersion), 'pin')]
  return [doubt(file, `names the package manager '${shown(text)}', which is not known here`)]
}

const isManager = (name: string): name is Manager => (managers as readonly string[]).includes(name)

/** The lines of Node that nvm's names stand for. */
const codeNames: Readonly<Record<string, string>> = {
  ...{ argon: '4', boron: '6', carbon: '8', dubnium: '10', erbium: '12', fermium: '14', gallium: '16' },
  ...{ hydrogen: '18', iron: '20', jod: '22', krypton: '24' },
}

/** `.nvmrc`: a version, or a name of nvm's such as `lts/*`. */
const readNvmrc: Read = (file) => {
  const [line = ''] = plainLines(file.text)
  return [tool(file, 'node', nodeVersion(line), 'pin')]
}

export function nodeVersion(text: string): Wanted | null {
  const plain = text.trim().replace(/^node[-@]?(?=v?\d)/i, '')
  if (/^(node|stable|latest|current|lts|lts\/\*|lts-latest|system|)$/i.test(plain)) return null
  const codeName = /^(?:lts[/-])?([a-z]+)$/i.exec(plain)?.[1]?.toLowerCase()
  if (codeName !== undefined) return { text: plain, range: codeNames[codeName] ? `${codeNames[codeName]}.x` : null }
  return wanted(plain, (version) => oneVersion(version) ?? npmRange(version))
}

/** A workspace's Node version in pnpm's own file, of which the one line is read. */
const readPnpmWorkspace: Read = (file) => {
  const version = /^useNodeVersion:[ \t]*["']?([^\s"'#]+)/m.exec(file.text)?.[1]
  return [tool(file, 'pnpm'), ...(version === undefined ? [] : [tool(file, 'node', nodeVersion(version), 'pin')])]
}

const berry: Wanted = { text: 'of .yarnrc.yml', range: '>=2' }

export const javascript: readonly Reader[] = [
  { name: /^package\.json$/, there: 'node', read: readPackage },
  { name: /^\.(nvmrc|node-version)$/, there: 'node', read: readNvmrc },
  { name: /^(package-lock\.json|npm-shrinkwrap\.json)$/, there: 'node' },
  { name: /^pnpm-lock\.yaml$/, there: 'pnpm' },
  { name: /^pnpm-workspace\.yaml$/, read: readPnpmWorkspace },
  { name: /^yarn\.lock$/, there: 'yarn' },
  { name: /^\.yarnrc\.yml$/, there: 'yarn', read: (file) => [tool(file, 'yarn', berryOf(file), 'hint')] },
  { name: /^(bun\.lockb?|bunfig\.toml)$/, there: 'bun' },
  { name: /^(deno\.jsonc?|deno\.lock)$/, there: 'deno' },
  {
    name: /^\.bun-version$/,
    there: 'bun',
    read: (file) => [tool(file, 'bun', wanted(plainLines(file.text)[0] ?? '', oneVersion), 'pin')],
  },
]

/** Its own release is in the repository, where it has one; any Yarn starts that. */
const berryOf = ({ text }: ReadFile): Wanted => {
  const version = /yarn-(\d+)\.\d+\.\d+[^\s/]*\.cjs/.exec(text)?.[1]
  return version === undefined ? berry : { text: version, range: `${version}.x` }
}

/** Whether the files ask for Node themselves, and not only through a package.json that Bun or Deno read as well. */
export const needsNode = (findings: readonly Finding[]): boolean => {
  const tools = findings.filter((one) => one.kind === 'tool')
  const others = tools.some((one) => one.tool === 'bun' || one.tool === 'deno')
  const own = tools.some((one) => one.tool === 'node' && (one.wants !== null || !/(^|\/)package\.json$/.test(one.path)))
  return own || !others || tools.some((one) => one.tool === 'pnpm' || one.tool === 'yarn')
}
