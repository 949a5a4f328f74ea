import type { Finding, Read, Reader } from '../finding.ts'
import { foreignTool, unknownNames } from './foreign-names.ts'

/** The instructions, with comments taken out, continued lines joined, and here-documents as commands of their line. */
function instructions(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'))
  const joined: string[] = []
  let open = ''
  let until: string | undefined
  for (const line of lines) {
    const plain = line.trimEnd()
    if (until !== undefined) {
      // What ends one stands alone in its line, behind tabs where it began with <<-.
      if (plain.replace(/^\t+/, '') === until) until = undefined
      else joined.push(`${joined.pop() ?? ''}; ${plain.trim().replace(/\\$/, '')}`)
      continue
    }
    if (/[\\`]$/.test(plain)) {
      open += `${plain.slice(0, -1)} `
      continue
    }
    joined.push(`${open}${plain}`.trim())
    open = ''
    until = /^RUN\b.*<<-?["']?([A-Za-z_]\w{0,40})["']?/i.exec(joined.at(-1) ?? '')?.[1]
  }
  return [...joined, open.trim()].filter((line) => line !== '')
}

/** What `ARG NAME=VALUE` before the first image gives those that follow. */
function argumentsOf(all: readonly string[]): ReadonlyMap<string, string> {
  const first = all.findIndex((line) => /^FROM\s/i.test(line))
  const pairs = all
    .slice(0, Math.max(0, first))
    .filter((line) => /^ARG\s/i.test(line))
    .flatMap((line) => [...line.matchAll(/(?<=\s)(\w{1,80})=("[^"]*"|'[^']*'|\S*)/g)])
  return new Map(pairs.map(([, name = '', value = '']) => [name, value.replace(/^(["'])(.*)\1$/, '$2')]))
}

/** With each `$NAME`, `${NAME}` and `${NAME:-VALUE}` of which a value is known; the others stay. */
const filledIn = (text: string, known: ReadonlyMap<string, string>): string =>
  text
    .replace(/\$\{(\w{1,80}):-([^}]*)\}/g, (_, name: string, usual: string) => known.get(name) || usual)
    .replace(
      /\$(?:\{(\w{1,80})\}|(\w{1,80}))/g,
      (all, braced?: string, bare?: string) => known.get(braced ?? bare ?? '') ?? all,
    )

/** `FROM --platform=$BUILDPLATFORM docker.io/library/node:22-alpine AS build`: the image's name and the version of its tag. */
function image(instruction: string): { readonly name: string; readonly version: string } | undefined {
  const words = instruction
    .split(/\s+/)
    .slice(1)
    .filter((word) => !word.startsWith('--'))
  const reference = words[0]?.replace(/@sha256:.*/, '') ?? ''
  // What no argument gives says nothing of the version, and in a name nothing at all.
  const [, path = '', tag = ''] = /^([^:$]+)(?::([^$]*).*)?$/.exec(reference) ?? []
  const parts = path.split('/')
  const name =
    path.endsWith('dotnet/sdk') || /^(oven|denoland)\//.test(path) ? parts.slice(-2).join('/') : (parts.at(-1) ?? '')
  return name === '' ? undefined : { name, version: /^v?\d+(\.\d+)*/.exec(tag)?.[0] ?? '' }
}

const install =
  /\b(?:apt-get|apt|aptitude)\s+(?:-\S+\s+)*install\b([^&|;]*)|\bapk\s+(?:-\S+\s+)*add\b([^&|;]*)|\b(?:dnf|yum|microdnf)\s+(?:-\S+\s+)*install\b([^&|;]*)/g

/** The packages that a RUN installs; options, variables and what follows a comparison are left out. */
function installed(instruction: string): readonly string[] {
  return [...shellForm(instruction).slice(0, 20_000).matchAll(install)].flatMap((match) => {
    const words = (match[1] ?? match[2] ?? match[3] ?? '').trim().split(/\s+/)
    return words
      .filter((word, index) => !word.startsWith('-') && !/^(-t|--virtual)$/.test(words[index - 1] ?? ''))
      .map((word) => word.replace(/[=<>~:].*/, '').replace(/["']/g, ''))
      .filter((word) => /^[a-z0-9][a-z0-9+.-]*$/.test(word))
  })
}

/** `RUN ["apt-get", "install", "-y", "jq"]` as a shell would have it. */
const shellForm = (instruction: string): string =>
  /^RUN\s+\[/i.test(instruction) ? instruction.replaceAll(/["',[\]]+/g, ' ') : instruction

const readDockerfile: Read = (file): readonly Finding[] => {
  const all = instructions(file.text)
  const known = argumentsOf(all)
  const images = all.filter((line) => /^FROM\s/i.test(line)).flatMap((line) => image(filledIn(line, known)) ?? [])
  // An image that is no tool is a system, a base of one's own or an earlier stage.
  const tools = images.flatMap(
    ({ name, version }) => foreignTool(file, name, version, 'hint')?.filter(({ kind }) => kind === 'tool') ?? [],
  )
  const unknown: string[] = []
  const packages = all
    .filter((line) => /^RUN\s/i.test(line))
    .flatMap(installed)
    .slice(0, 500)
    .flatMap((name) => {
      const found = foreignTool(file, name, '', 'hint')
      if (!found) unknown.push(name)
      return found ?? []
    })
  return [...tools, ...packages, ...unknownNames(file, unknown)]
}

export const dockerfile: readonly Reader[] = [
  { name: /^((.+\.)?Dockerfile|Containerfile|Dockerfile\..+)$/, read: readDockerfile },
]
