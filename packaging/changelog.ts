/**
 * The section of a changelog for one version, without its heading.
 * @throws when the version is not the package's, or the changelog has no such section or an empty one.
 */
export function changelogSection(changelog: string, tag: string, packageVersion: string): string {
  if (tag !== `v${packageVersion}`)
    throw new Error(`The tag ${tag} is not the version ${packageVersion} of package.json`)
  const section = changelog.split(/^(?=## )/m).find((part) => {
    const heading = part.split('\n', 1)[0] ?? ''
    return heading === `## ${packageVersion}` || heading.startsWith(`## ${packageVersion} `)
  })
  const text = section?.slice(section.indexOf('\n') + 1).trim()
  if (!text) throw new Error(`CHANGELOG.md has no section '## ${packageVersion}'`)
  return text
}
