import { doubt, type Finding, nixPackage, type Read, type Reader, type ReadFile, tool } from '../finding.ts'
import { plainLines, shown, withoutComments } from '../texts.ts'
import { libraryPackages } from './foreign-names.ts'

/** Libraries by the name that a build looks for; those that are not known are named once. */
function libraries(file: ReadFile, names: readonly string[]): readonly Finding[] {
  const found = [...new Set(names)]
    .slice(0, 200)
    .map((name) => ({ name, known: libraryPackages.get(name.toLowerCase()) }))
  const unknown = found.filter(({ known }) => known === undefined).map(({ name }) => name)
  const looks = `looks for ${shown(unknown.join(', '))}: nothing is added for what is not known here`
  return [
    ...found.flatMap(({ known }) => (known ?? []).map((name) => nixPackage(file, name))),
    ...(unknown.length === 0 ? [] : [doubt(file, looks)]),
  ]
}

const readCMake: Read = (file) => {
  const text = withoutComments(file.text, { hash: true, slashes: false })
  const packages = [...text.matchAll(/\bfind_package\s*\(\s*(\w[\w+.-]{0,60})/gi)].map(([, name = '']) => name)
  const modules = [...text.matchAll(/\bpkg_(?:check|search)_modules?\s*\(([^)]{1,400})\)/gi)].flatMap(
    ([, inside = '']) =>
      inside
        .split(/\s+/)
        .slice(1)
        .filter((word) => /^[a-z]/.test(word))
        .map((word) => word.replace(/[<>=].*/, '')),
  )
  return libraries(file, [...packages, ...modules])
}

const readMeson: Read = (file) => {
  const text = withoutComments(file.text, { hash: true, slashes: false, quotes: "'" })
  return libraries(
    file,
    [...text.matchAll(/\bdependency\s*\(\s*'([\w+.-]{1,60})'/g)].map(([, name = '']) => name),
  )
}

const readConfigure: Read = (file) =>
  libraries(
    file,
    [
      ...plainLines(file.text)
        .join('\n')
        .matchAll(/\bPKG_CHECK_MODULES\s*\(\s*\[?\w+\]?\s*,\s*\[?([^\]),]{1,200})/g),
    ].flatMap(([, inside = '']) => inside.split(/\s+/).filter((word) => /^[a-z]/.test(word))),
  )

export const native: readonly Reader[] = [
  { name: /^CMakeLists\.txt$/, there: 'cmake', read: readCMake },
  {
    name: /^CMakePresets\.json$/,
    there: 'cmake',
    read: (file) => (/"generator"\s*:\s*"Ninja/.test(file.text) ? [tool(file, 'ninja')] : []),
  },
  { name: /^meson\.build$/, there: 'meson', read: readMeson },
  { name: /^build\.ninja$/, there: 'ninja' },
  { name: /^configure\.(ac|in)$/, there: 'autotools', read: readConfigure },
  { name: /^(GNUm|M|m)akefile$/, there: 'make' },
  { name: /^(MODULE\.bazel|WORKSPACE(\.bazel)?|\.bazelversion)$/, there: 'bazel' },
]
