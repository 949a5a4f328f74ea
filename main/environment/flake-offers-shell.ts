import { withoutComments } from './detect/texts.ts'

/**
 * Whether the text of a flake.nix may give a development shell. It is a program, which is not run here: only where it has neither a word for
 * a shell or a package, nor any way to take one from elsewhere, the answer is no. Pure.
 */
export function mayOfferShell(flake: string): boolean {
  const text = withoutComments(flake, { hash: true, slashes: false })
  return (
    /devShell|\bpackages\b|defaultPackage|legacyPackages\s*=/.test(text) ||
    /\bimports?\b|mkFlake|flake-parts|callPackage|\.\/[\w.-]/.test(text)
  )
}
