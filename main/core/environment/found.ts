/** What a repository's own files say of the tools that it is built and tested with. */
export interface Found {
  /** In the order of the catalog. */
  readonly tools: readonly FoundTool[]
  /** Packages that the repository names by their name in nixpkgs, or by one of another package manager that is known here. */
  readonly packages: readonly FoundPackage[]
  /** One sentence each: files that contradict each other, versions that cannot be had, what was guessed, left out or not understood. */
  readonly doubts: readonly string[]
  /** Null where there is none. */
  readonly devcontainer: FoundDevContainer | null
}

export interface FoundDevContainer {
  /** Of its description, from the top of the repository. */
  readonly path: string
  /** One sentence each: why no guest can work in it. Empty where nothing is known against it. */
  readonly problems: readonly string[]
}

export interface FoundTool {
  /** As people write it: `Node`. */
  readonly label: string
  /** As much of the version as nixpkgs lets choose; empty where there is one alone. */
  readonly version: string
  /** Its packages in nixpkgs. */
  readonly packages: readonly string[]
  /** Where it is asked for, most binding first: path, and the version as it is written there. */
  readonly from: readonly { readonly path: string; readonly wants: string | null }[]
}

export interface FoundPackage {
  readonly name: string
  readonly from: string
}

export const isNothing = ({ tools, packages }: Found): boolean => tools.length === 0 && packages.length === 0

const named = 16

/** `Node 24, pnpm 10, Python 3.13, jq`; of very many the first are named. */
export function foundText({ tools, packages }: Found): string {
  const all = [...tools.map(toolText), ...packages.map(({ name }) => name)]
  const more = all.length - named
  return more <= 0 ? all.join(', ') : `${all.slice(0, named).join(', ')} and ${more} more`
}

export const toolText = ({ label, version }: FoundTool): string => (version === '' ? label : `${label} ${version}`)
