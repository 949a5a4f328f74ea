import { doubt, type Read, type Reader, tool, type Wanted } from '../finding.ts'
import { atLeast, javaVersion, oneVersion, wanted } from '../ranges.ts'
import { parseJson, plainLines, shown, textAt, withoutComments } from '../texts.ts'
import { readXml } from '../xml.ts'
import { frameworks } from './compiled.ts'

/** What code is compiled for: that version, or a later one. */
const target = (text: string): Wanted | null => wanted(javaVersion(text), atLeast)

const levels = /(?:^|\/)(maven\.compiler\.(release|source|target)|java\.version|jdk\.version|java-version)$/
const compilerLevels = /\/configuration\/(release|source|target)$/

const readPom: Read = (file) => {
  const elements = readXml(file.text)
  const properties = new Map(
    elements.flatMap(({ path, text }) =>
      /^project\/(profiles\/profile\/)?properties\/[^/]+$/.test(path) ? [[path.split('/').at(-1) ?? '', text]] : [],
    ),
  )
  const isLevel = ({ path }: { readonly path: string }) =>
    (/\/properties\//.test(path) && levels.test(path)) || (/\/plugin\//.test(path) && compilerLevels.test(path))
  const texts = elements.filter(isLevel).map(({ text }) => resolved(text, properties))
  const understood = texts.filter((text) => !text.includes('${'))
  return understood.map((text) => tool(file, 'java', target(text)))
}

/** A property may name another one; a circle is followed a few times and left. */
function resolved(text: string, properties: ReadonlyMap<string, string>): string {
  let plain = text
  for (let times = 0; times < 5; times += 1) {
    const name = /^\$\{([^}]{1,100})\}$/.exec(plain)?.[1]
    const value = name === undefined ? undefined : properties.get(name)
    if (value === undefined) return plain
    plain = value
  }
  return plain
}

/** Gradle's files are programs: a few ways to write a version are found in their text. */
const readGradle: Read = (file) => {
  const text = withoutComments(file.text, { quotes: '"\'' })
  const toolchain = /(?:JavaLanguageVersion\.of|jvmToolchain)\s*\(\s*["']?(\d{1,3})/.exec(text)?.[1]
  const compiledFor = [
    ...text.matchAll(/\b(?:source|target)Compatibility\s*=?\s*\(?\s*(?:JavaVersion\.VERSION_|["'])?(1[._])?(\d{1,3})/g),
  ]
  return [
    ...(toolchain === undefined ? [] : [tool(file, 'java', wanted(toolchain, oneVersion), 'pin')]),
    ...compiledFor
      .slice(0, 10)
      .flatMap(([, , level]) => (level === undefined ? [] : [tool(file, 'java', target(level))])),
  ]
}

/** The wrapper brings its own Gradle; which one says which Java can run it. */
const readWrapper: Read = (file) => {
  const version = /gradle-(\d+(?:\.\d+)*)(?:-[\w-]+)?\.zip/.exec(plainLines(file.text).join('\n'))?.[1]
  return [tool(file, 'gradle', version === undefined ? null : wanted(version, oneVersion), 'pin')]
}

/** `21.0.2-tem`, `temurin-21.0.2+13`, `openjdk-17`, `zulu-8.72`. */
export const jdkVersion = (text: string): Wanted | null => {
  const version = /(?:^|-)(1\.8|\d{1,3}(?:\.\d+){0,2})/.exec(text)?.[1]
  return version === undefined
    ? text === ''
      ? null
      : { text, range: null }
    : wanted(javaVersion(version).split('.')[0] ?? '', oneVersion)
}

const readJavaVersion: Read = (file) => [tool(file, 'java', jdkVersion(plainLines(file.text)[0] ?? ''), 'pin')]

const property =
  (name: RegExp): Read =>
  (file) => {
    const value = plainLines(file.text).flatMap((line) => name.exec(line)?.[1] ?? [])[0]
    return value === undefined ? [] : [tool(file, 'java', jdkVersion(value.trim()), 'pin')]
  }

const readProject: Read = (file) => {
  const elements = readXml(file.text)
  const targets = elements.filter(({ path }) => /\/TargetFrameworks?$/.test(path)).map(({ text }) => text)
  const old = elements.filter(({ path }) => /\/TargetFrameworkVersion$/.test(path)).map(({ text }) => text)
  return [
    ...(file.path.endsWith('proj') ? [tool(file, 'dotnet')] : []),
    ...frameworks(file, targets),
    ...old.map((text) => doubt(file, `targets .NET Framework ${shown(text)}, which cannot be built here`)),
  ]
}

/** The SDK of a solution: https://learn.microsoft.com/dotnet/core/tools/global-json#rollforward */
const readGlobal: Read = (file) => {
  const json = parseJson(file.text)
  const version = textAt(json, 'sdk', 'version')
  if (version === undefined) return [tool(file, 'dotnet')]
  const rollForward = textAt(json, 'sdk', 'rollForward') ?? 'latestPatch'
  const later = /major/i.test(rollForward)
  const takes = /patch/i.test(rollForward) ? 'one of its feature band' : 'this very one'
  const refused = `asks for the .NET SDK ${shown(version)} and takes only ${takes}: where nixpkgs has another, dotnet refuses to start; "rollForward": "latestFeature" in that file accepts it`
  return [
    tool(
      file,
      'dotnet',
      wanted(version, (text) => (later ? atLeast(text) : `${text.split('.')[0]}.x`)),
      'pin',
    ),
    ...(/^(patch|latestPatch|disable)$/i.test(rollForward) ? [doubt(file, refused)] : []),
  ]
}

const sdkman: Read = property(/^java\s*=\s*(.+)$/)
const heroku: Read = property(/^java\.runtime\.version\s*=\s*(.+)$/)

export const jvm: readonly Reader[] = [
  { name: /^pom\.xml$/, there: ['java', 'maven'], read: readPom },
  { name: /\.gradle(\.kts)?$/, there: ['java', 'gradle'], read: readGradle },
  { name: /(^|\/)gradle\/wrapper\/gradle-wrapper\.properties$/, there: 'java', read: readWrapper },
  { name: /^(gradlew|mvnw)$/, there: 'java' },
  { name: /^\.java-version$/, there: 'java', read: readJavaVersion },
  { name: /^\.sdkmanrc$/, there: 'java', read: sdkman },
  { name: /^system\.properties$/, read: heroku },
  { name: /^build\.sbt$/, there: ['java', 'sbt'] },
  { name: /^project\.clj$/, there: ['java', 'leiningen'] },
  { name: /^deps\.edn$/, there: ['java', 'clojure'] },
  { name: /\.(cs|fs|vb)proj$/, there: 'dotnet', read: readProject },
  { name: /^Directory\.Build\.(props|targets)$/, read: readProject },
  { name: /^global\.json$/, read: readGlobal },
  { name: /\.slnx?$/, there: 'dotnet' },
]
