import { doubt, type Finding, type Read, type Reader, tool, type Wanted } from '../finding.ts'
import { composerRange, gemRange, oneVersion, wanted } from '../ranges.ts'
import { entriesAt, parseJson, plainLines, shown, textAt } from '../texts.ts'

/** `ruby "3.3.5"`, `ruby ">= 3.2", "< 4"`; the file is a program and is not run. */
const readGemfile: Read = (file) => {
  const line = plainLines(file.text).find((one) => /^ruby[\s(]/.test(one))
  if (line === undefined) return [tool(file, 'ruby')]
  const written = [...(line.split(/,\s*:?engine/)[0] ?? '').matchAll(/["']([^"'\n]{1,60})["']/g)].map(([, text = '']) =>
    text.trim(),
  )
  const versions = written.filter((text) => /^[~<>=!\s]*\d/.test(text))
  const engine = /\bengine\b/.test(line)
    ? [doubt(file, 'asks for another engine than the usual Ruby, which is used')]
    : []
  const isElsewhere = /\bfile:|:file\s*=>/.test(line) || versions.length === 0
  return [tool(file, 'ruby', isElsewhere ? null : wanted(versions.join(', '), gemRange), 'pin'), ...engine]
}

/** `spec.required_ruby_version = ">= 3.2"`, or a list of such; the file is a program and is not run. */
const readGemspec: Read = (file) => {
  const line = plainLines(file.text).flatMap((one) => /\.required_ruby_version\s*=(.{1,200})/.exec(one)?.[1] ?? [])[0]
  const versions = [...(line ?? '').matchAll(/["']([^"'\n]{1,60})["']/g)].map(([, text = '']) => text.trim())
  return versions.length === 0 ? [] : [tool(file, 'ruby', wanted(versions.join(', '), gemRange))]
}

const readRubyVersion: Read = (file) => [tool(file, 'ruby', rubyVersion(plainLines(file.text)[0] ?? ''), 'pin')]

export const rubyVersion = (text: string): Wanted | null =>
  /^system$/.test(text) ? null : wanted(text.replace(/^ruby-(?=\d)/, ''), oneVersion)

/** Extensions of PHP that nixpkgs' own PHP has without being asked. */
const ownExtensions = new Set(
  `bcmath calendar core ctype curl date dom exif fileinfo filter ftp gd gettext gmp hash iconv imap intl json ldap libxml mbstring mysqli mysqlnd
  opcache openssl pcntl pcre pdo pdo_mysql pdo_odbc pdo_pgsql pdo_sqlite pgsql phar posix random readline reflection session simplexml soap
  sockets sodium spl sqlite3 standard sysvsem tokenizer xml xmlreader xmlwriter zip zlib`.split(/\s+/),
)

const readComposer: Read = (file) => {
  const json = parseJson(file.text)
  const platform = textAt(json, 'config', 'platform', 'php')
  const requires = textAt(json, 'require', 'php') ?? textAt(json, 'require', 'php-64bit')
  const names = [...entriesAt(json, 'require'), ...entriesAt(json, 'require-dev')].map(([name]) => name.toLowerCase())
  const extensions = names
    .flatMap((name) => /^ext-([\w-]+)$/.exec(name)?.[1] ?? [])
    .filter((name) => !ownExtensions.has(name))
  const missing = `needs PHP extensions that are not added by themselves: ${shown([...new Set(extensions)].join(', '))}`
  return [
    ...(requires === undefined ? [] : [tool(file, 'php', wanted(requires, composerRange))]),
    ...(platform === undefined ? [] : [tool(file, 'php', wanted(platform, oneVersion), 'pin')]),
    ...(extensions.length === 0 ? [] : [doubt(file, missing)]),
  ]
}

/** `elixir: "~> 1.17"` of a Mix project; the file is a program and is not run. */
const readMix: Read = (file) => {
  const version = plainLines(file.text).flatMap((line) => /\belixir:\s*"([^"]{1,60})"/.exec(line)?.[1] ?? [])[0]
  return [tool(file, 'elixir', version === undefined ? null : wanted(version, gemRange))]
}

const onlyLine =
  (name: 'php' | 'elixir' | 'erlang'): Read =>
  (file): readonly Finding[] => [tool(file, name, wanted(plainLines(file.text)[0] ?? '', oneVersion), 'pin')]

export const scripting: readonly Reader[] = [
  { name: /^(Gemfile|gems\.rb)$/, there: 'ruby', read: readGemfile },
  { name: /^(Gemfile\.lock|gems\.locked)$/, there: 'ruby' },
  { name: /\.gemspec$/, there: 'ruby', read: readGemspec },
  { name: /^\.ruby-version$/, there: 'ruby', read: readRubyVersion },
  { name: /^composer\.json$/, there: 'php', read: readComposer },
  { name: /^composer\.lock$/, there: 'php' },
  { name: /^\.php-version$/, there: 'php', read: onlyLine('php') },
  { name: /^mix\.exs$/, there: 'elixir', read: readMix },
  { name: /^mix\.lock$/, there: 'elixir' },
  { name: /^rebar\.config$/, there: 'erlang' },
]
