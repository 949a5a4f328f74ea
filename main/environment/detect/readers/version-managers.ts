import { parse as parseToml } from 'smol-toml'
import { doubt, type Finding, nixPackage, type Read, type Reader, type ReadFile } from '../finding.ts'
import { at, entriesAt, parseJson, plainLines, shown, textAt, withoutComments } from '../texts.ts'
import { foreignTool, unknownNames } from './foreign-names.ts'

interface Named {
  readonly name: string
  readonly version: string
}

function named(file: ReadFile, all: readonly Named[], rank: 'pin' | 'hint' = 'pin'): readonly Finding[] {
  const unknown: string[] = []
  const found = all.slice(0, 200).flatMap(({ name, version }) => {
    const here = foreignTool(file, name, version, rank)
    if (!here) unknown.push(name)
    return here ?? []
  })
  return [...found, ...unknownNames(file, unknown)]
}

/** asdf's: `nodejs 22.11.0`, with further versions to fall back to. */
const readToolVersions: Read = (file) =>
  named(
    file,
    plainLines(file.text).map((line) => {
      const [name = '', version = ''] = line.split(/\s+/)
      return { name: name.toLowerCase(), version }
    }),
  )

/** mise's: `[tools]`, with a version, a list of them or a table; a name may carry the place it comes from. */
const readMise: Read = (file) =>
  named(
    file,
    entriesAt(parseToml(file.text), 'tools').map(([name, value]) => {
      const first: unknown = Array.isArray(value) ? value[0] : value
      const version = textAt({ first }, 'first') ?? textAt(first, 'version') ?? ''
      return { name: nameOfMise(name), version }
    }),
  )

/** `npm:prettier`, `aqua:cli/cli`, `core:node`, `cargo:cargo-nextest`. */
const nameOfMise = (name: string): string => {
  const plain = name.toLowerCase().replace(/^(core|asdf|vfox):/, '')
  return /^(aqua|ubi|github|cargo):/.test(plain) ? (plain.split(/[:/]/).at(-1) ?? plain) : plain
}

const readProto: Read = (file) =>
  named(
    file,
    Object.entries(parseToml(file.text)).flatMap(([name, value]) =>
      typeof value === 'string' ? [{ name, version: value }] : [],
    ),
  )

/** A name of nixpkgs, and nothing that Nix would read as more than that. */
const attribute = /^[A-Za-z_][A-Za-z0-9_+-]{0,60}(\.[A-Za-z_][A-Za-z0-9_+-]{0,60}){0,4}$/

/** Names of nixpkgs: of those that are tools the version counts, the others are taken as they are. */
function nixNames(file: ReadFile, all: readonly Named[]): readonly Finding[] {
  return all.slice(0, 200).flatMap(({ name, version }): readonly Finding[] => {
    const known = foreignTool(file, name.toLowerCase(), version === 'latest' ? '' : version, 'pin')
    if (known) return known
    if (attribute.test(name)) return [nixPackage(file, name)]
    return [doubt(file, `names '${shown(name)}', which is no name of a package in nixpkgs`)]
  })
}

const readDevbox: Read = (file) => {
  const json = parseJson(file.text)
  const list = at(json, 'packages')
  const all = Array.isArray(list)
    ? list
        .filter((one): one is string => typeof one === 'string')
        .map((one) => ({ name: one.split('@')[0] ?? '', version: one.split('@')[1] ?? '' }))
    : entriesAt(json, 'packages').map(([name, value]) => ({
        name: name.split('@')[0] ?? '',
        version: name.split('@')[1] ?? textAt({ value }, 'value') ?? textAt(value, 'version') ?? '',
      }))
  return nixNames(file, all)
}

/** devenv.nix is a program: of its text two ways to ask for something are found, and it is said that no more was. */
const readDevenv: Read = (file) => {
  const text = withoutComments(file.text, { hash: true, slashes: false })
  const enabled = [
    ...text.matchAll(/\blanguages\.(\w{1,30})(?:\.enable\s*=\s*true|\s*=\s*\{[^}]{0,400}\benable\s*=\s*true)/g),
  ].map(([, name = '']) => name)
  const languages = [...new Set(enabled)].map((name) => ({
    name: languageNames[name] ?? name,
    version: versionIn(text, name),
  }))
  const lists = [...text.matchAll(/(?<![\w.])packages\s*=\s*(?:with\s+pkgs\s*;\s*)?\[([^\]]{0,4000})\]/g)].flatMap(
    ([, inside = '']) => inside.split(/\s+/),
  )
  const packages = lists.filter(Boolean).map((name) => ({ name: name.replace(/^pkgs\./, ''), version: '' }))
  return [
    ...nixNames(file, [...languages, ...packages]),
    doubt(file, 'is a program of Nix, read as text: its languages and packages are used, and nothing else of it'),
  ]
}

const languageNames: Readonly<Record<string, string>> = {
  javascript: 'nodejs',
  typescript: 'nodejs',
  c: 'gcc',
  cplusplus: 'gcc',
  haskell: 'ghc',
  shell: 'bash',
}

const versionIn = (text: string, name: string): string =>
  new RegExp(`\\blanguages\\.${name}(?:\\.version\\s*=|\\s*=\\s*\\{[^}]{0,400}\\bversion\\s*=)\\s*"([^"]{1,40})"`).exec(
    text,
  )?.[1] ?? ''

/** Homebrew's: `brew "python@3.12"`; casks and apps are for a Mac's desktop. */
const readBrewfile: Read = (file) => {
  const lines = plainLines(file.text)
  const names = lines.flatMap((line) => /^brew\s*\(?\s*["']([\w@./+-]{1,80})["']/.exec(line)?.[1] ?? [])
  const casks = lines.filter((line) => /^(cask|mas|vscode|whalebrew)\b/.test(line)).length
  return [
    ...named(
      file,
      names.map((name) => ({ name: name.split('/').at(-1) ?? name, version: '' })),
      'hint',
    ),
    ...(casks === 0 ? [] : [doubt(file, `asks for ${casks} that only a Mac's desktop has, which are left out`)]),
  ]
}

export const versionManagers: readonly Reader[] = [
  { name: /^\.tool-versions$/, read: readToolVersions },
  { name: /^\.?mise(\.\w+)?\.toml$|(^|\/)(\.config|\.?mise)\/(mise|config)\.toml$/, read: readMise },
  { name: /^\.prototools$/, read: readProto },
  { name: /^devbox\.json$/, read: readDevbox },
  { name: /^devenv\.nix$/, read: readDevenv },
  { name: /^Brewfile$/, read: readBrewfile },
]
