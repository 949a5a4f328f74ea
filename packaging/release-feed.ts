const repositoryPattern = /^([A-Za-z0-9][A-Za-z0-9-]{0,38})\/([A-Za-z0-9._-]{1,100})$/

/**
 * Settings of electron-builder by which a packed app knows the releases that it updates itself from, and a deb its page; `repository` is
 * `OWNER/NAME` on GitHub. Without one, as in a checkout, the app asks nobody. Pure.
 */
export function feedSettings(repository: string | undefined): readonly string[] {
  if (!repository) return []
  const [, owner, name] = repositoryPattern.exec(repository) ?? []
  if (owner === undefined || name === undefined) throw new Error(`'${repository}' is no OWNER/NAME of GitHub`)
  return [
    ...['-c.publish.provider=github', `-c.publish.owner=${owner}`, `-c.publish.repo=${name}`],
    `-c.extraMetadata.homepage=https://github.com/${owner}/${name}`,
  ]
}
