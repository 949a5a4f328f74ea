/** What a user wants the tasks of a repository to work in. `auto` takes the first that the repository has: its flake, its dev container, the tools that are found. */
export type EnvironmentWish =
  | { readonly kind: 'auto' }
  /** The development shell of the repository's own `flake.nix`. */
  | { readonly kind: 'flake' }
  | { readonly kind: 'devcontainer' }
  /** A flake that is made of what the repository's files ask for. */
  | { readonly kind: 'tools' }
  /** What the guest has by itself. */
  | { readonly kind: 'plain' }
  /** A flake of the user's, in a folder of this host outside the repository. */
  | { readonly kind: 'folder'; readonly path: string }

/** What one task works in; decided when it is accepted. */
export type TaskEnvironment =
  | Exclude<EnvironmentWish, { readonly kind: 'auto' | 'devcontainer' }>
  /** By the path of its description, from the top of the clone. */
  | { readonly kind: 'devcontainer'; readonly file: string }

export const environmentWords = ['auto', 'flake', 'devcontainer', 'tools', 'plain'] as const

/** As files and answers have it: a word, or the absolute path of the folder. */
export type EnvironmentWord = (typeof environmentWords)[number] | `/${string}`

export const environmentWord = (environment: EnvironmentWish | TaskEnvironment): EnvironmentWord =>
  environment.kind === 'folder' ? (environment.path as `/${string}`) : environment.kind

export function environmentOf(word: EnvironmentWord): EnvironmentWish {
  const kind = environmentWords.find((one) => one === word)
  return kind === undefined ? { kind: 'folder', path: word } : { kind }
}

/** For a person. */
export const environmentText = (environment: EnvironmentWish | TaskEnvironment): string => {
  switch (environment.kind) {
    case 'folder':
      return `the flake in ${environment.path}`
    case 'devcontainer':
      return 'its dev container'
    default:
      return environment.kind
  }
}
