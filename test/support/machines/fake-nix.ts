import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from '../../../main/machines/nix-guest/manifest.ts'

/** A store with the parts of a guest, as a build leaves them, and the manifest that names them. */
export async function fakeStore(folder: string): Promise<Manifest> {
  const store = join(folder, 'store')
  await mkdir(store, { recursive: true })
  const part = async (name: string): Promise<string> => {
    await writeFile(join(store, name), name)
    return join(store, name)
  }
  return {
    schemaVersion: 1,
    hypervisor: 'vfkit',
    kernel: await part('Image'),
    initrd: await part('initrd'),
    storeDisk: await part('store.erofs'),
    kernelVersion: '6.12.60',
    kernelParams: ['console=hvc0', 'init=/nix/store/abc-nixos-system-microvm/init'],
    vcpu: 4,
    memoryMiB: 4096,
    shares: { share: '/workspace', repo: '/workspace/repo' },
    volumes: { 'nix-store': '/nix/.rw-store', var: '/var', containers: '/containers' },
    rosettaTag: 'rosetta',
    claudeVersion: '2.1.330',
    tools: { vfkit: await part('vfkit'), socat: await part('socat') },
    source: { nixpkgs: '643809054d65fdd466a63e3155b8c498cb483c04' },
  }
}

/**
 * An executable in place of nix. `nix build` notes its arguments and folder in `calls`, prints `says` as nix prints, on the error
 * stream, and ends with `status`; with 0 it links what it was asked to link to `manifest`.
 */
export async function fakeNix(
  folder: string,
  {
    says = '',
    status = 0,
    manifest = '',
  }: { readonly says?: string; readonly status?: number; readonly manifest?: string },
): Promise<string> {
  const path = join(folder, 'nix')
  await writeFile(join(folder, 'says'), says)
  await writeFile(join(folder, 'manifest.json'), manifest)
  const script = `#!/bin/sh
here='${folder}'
echo "$PWD $*" >>"$here/calls"
cat "$here/says" >&2
[ ${status} = 0 ] || exit ${status}
while [ $# -gt 0 ]; do
  [ "$1" != --out-link ] || ln -sfn "$here/manifest.json" "$2"
  shift
done
`
  await writeFile(path, script)
  await chmod(path, 0o755)
  return path
}
