import type { Finding, Read, Reader } from '../finding.ts'
import { foreignTool, unknownNames } from './foreign-names.ts'

/** The instructions, with comments taken out and continued lines joined. */
function instructions(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'))
  const joined: string[] = []
  let open = ''
  for (const line of lines) {
    const plain = line.trimEnd()
    if (/[\\`]$/.test(plain)) {
      open += `${plain.slice(0, -1)} `
      continue
    }
    joined.push(`${open}${plain}`.trim())
    open = ''
  }
  return [...joined, open.trim()].filter((line) => line !== '')
}

/** `FROM --platform=$BUILDPLATFORM docker.io/library/node:22-alpine AS build`: the image's name and the version of its tag. */
function image(instruction: string): { readonly name: string; readonly version: string } | undefined {
  const words = instruction
    .split(/\s+/)
    .slice(1)
    .filter((word) => !word.startsWith('--'))
  const reference = words[0]?.replace(/@sha256:.*/, '') ?? ''
  const [, path = '', tag = ''] = /^([^:$]+)(?::([^$]*))?$/.exec(reference) ?? []
  const parts = path.split('/')
  const name =
    path.endsWith('dotnet/sdk') || /^(oven|denoland)\//.test(path) ? parts.slice(-2).join('/') : (parts.at(-1) ?? '')
  return name === '' ? undefined : { name, version: /^v?\d+(\.\d+)*/.exec(tag)?.[0] ?? '' }
}

const install =
  /\b(?:apt-get|apt|aptitude)\s+(?:-\S+\s+)*install\b([^&|;]*)|\bapk\s+(?:-\S+\s+)*add\b([^&|;]*)|\b(?:dnf|yum|microdnf)\s+(?:-\S+\s+)*install\b([^&|;]*)/g

/** The packages that a RUN installs; options, variables and what follows a comparison are left out. */
function installed(instruction: string): readonly string[] {
  return [...instruction.slice(0, 20_000).matchAll(install)].flatMap((match) => {
    const words = (match[1] ?? match[2] ?? match[3] ?? '').trim().split(/\s+/)
    return words
      .filter((word, index) => !word.startsWith('-') && !/^(-t|--virtual)$/.test(words[index - 1] ?? ''))
      .map((word) => word.replace(/[=<>~:].*/, '').replace(/["']/g, ''))
      .filter((word) => /^[a-z0-9][a-z0-9+.-]*$/.test(word))
  })
}

const readDockerfile: Read = (file): readonly Finding[] => {
  const all = instructions(file.text)
  const images = all.filter((line) => /^FROM\s/i.test(line)).flatMap((line) => image(line) ?? [])
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
