import { parse as parseToml } from 'smol-toml'
import { doubt, type Finding, type Read, type Reader, tool, type Wanted } from '../finding.ts'
import { atLeast, oneVersion, wanted } from '../ranges.ts'
import { at, plainLines, shown, textAt, textsAt } from '../texts.ts'

/** `go 1.24` is the least that works, and so is `toolchain go1.24.1`. */
const readGoMod: Read = (file) => {
  const lines = plainLines(file.text, '//')
  const version = lines.flatMap((line) => /^go\s+(\d\S*)/.exec(line)?.[1] ?? [])[0]
  const toolchain = lines.flatMap((line) => /^toolchain\s+go(\d\S*)/.exec(line)?.[1] ?? [])[0]
  return [version, toolchain].flatMap((text) => (text === undefined ? [] : [tool(file, 'go', wanted(text, atLeast))]))
}

const readGoVersion: Read = (file) => [tool(file, 'go', goVersion(plainLines(file.text)[0] ?? ''), 'pin')]

export const goVersion = (text: string): Wanted | null => wanted(text.replace(/^go(?=\d)/, ''), atLeast)

/** A table, or in the file without an ending perhaps the channel alone. */
const readToolchain: Read = (file) => {
  if (!file.path.endsWith('.toml') && !/^\s*\[toolchain\]/m.test(file.text))
    return rustChannel(file, plainLines(file.text)[0] ?? 'stable')
  const toml = parseToml(file.text)
  const channel = rustChannel(file, textAt(toml, 'toolchain', 'channel') ?? 'stable')
  const more = [
    ...textsAt(toml, 'toolchain', 'components').filter((name) => !hadOrForEditors.test(name)),
    ...textsAt(toml, 'toolchain', 'targets'),
  ]
  if (more.length === 0 || channel.length > 1) return channel
  const fetched = `asks for ${shown(more.join(', '))} beside Rust, which nixpkgs' Rust lacks: rustup gets it from static.rust-lang.org in each task that has not got it`
  return [tool(file, 'rustup', null, 'pin'), doubt(file, fetched)]
}

/** Components of Rust that nixpkgs' packages have, and those that only an editor asks for. */
const hadOrForEditors = /^(cargo|rustc|rust-std|rust-docs|rustfmt|clippy|rust-src|rust-analyzer|rls)(-preview)?$/

/** A channel or version of Rust that is not the stable one is rustup's to get. */
export function rustChannel(file: { readonly path: string }, channel: string): readonly Finding[] {
  if (channel === 'stable' || channel === 'latest' || channel === '') return [tool(file, 'rust')]
  const fetched = `asks for Rust ${shown(channel)}: rustup gets it from static.rust-lang.org in each task that has not got it`
  return [tool(file, 'rustup', null, 'pin'), doubt(file, fetched)]
}

const readCargo: Read = (file) => {
  const toml = parseToml(file.text)
  if (at(toml, 'package') === undefined && at(toml, 'workspace') === undefined)
    return [doubt(file, 'describes no package')]
  return [tool(file, 'rust')]
}

/** The version of .NET of a target such as `net8.0-windows`; undefined for what has none of its own. */
function frameworkVersion(framework: string): Wanted | null | undefined {
  const plain = framework.trim()
  const version = /^net(?:coreapp)?(\d+\.\d+)(?:-[\w.]+)?$/.exec(plain)?.[1]
  if (version !== undefined) return wanted(version, atLeast)
  return /^netstandard\d/.test(plain) ? null : undefined
}

/** XML as text would find what is commented out, so elements are read by `xml.ts`. */
export function frameworks(file: { readonly path: string }, all: readonly string[]): readonly Finding[] {
  const targets = all
    .flatMap((text) => text.split(';'))
    .map((text) => text.trim())
    .filter((text) => text !== '' && !text.startsWith('$('))
  const found = targets.flatMap((target): readonly Finding[] => {
    const wants = frameworkVersion(target)
    if (wants === undefined) return [doubt(file, `targets ${shown(target)}, which cannot be built here`)]
    return [tool(file, 'dotnet', wants)]
  })
  const versions = new Set(targets.flatMap((target) => frameworkVersion(target)?.text ?? []))
  const several = `targets .NET ${shown([...versions].join(', '))}: the newest is used, and tests for the others lack their runtime`
  return [...found, ...(versions.size > 1 ? [doubt(file, several)] : [])]
}

export const compiled: readonly Reader[] = [
  { name: /^(go\.mod|go\.work)$/, there: 'go', read: readGoMod },
  { name: /^\.go-version$/, there: 'go', read: readGoVersion },
  { name: /^Cargo\.toml$/, there: 'rust', read: readCargo },
  { name: /^Cargo\.lock$/, there: 'rust' },
  { name: /^rust-toolchain(\.toml)?$/, there: 'rust', read: readToolchain },
  { name: /^\.swift-version$/, there: 'swift' },
  { name: /^\.zigversion$/, there: 'zig', read: (file) => [tool(file, 'zig', wanted(file.text, oneVersion), 'pin')] },
]
