import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { parseVersioned } from '../image/parse-versioned.ts'

const path = z.string().regex(/^\/[^\s,]+$/, 'must be an absolute path with no spaces and no commas')

/** What `nix/manifest.nix` writes; names are its. */
const manifestSchema = z.object({
  schemaVersion: z.literal(1),
  hypervisor: z.enum(['vfkit', 'qemu']),
  kernel: path,
  initrd: path,
  storeDisk: path,
  /** Of the kernel, such as `6.12.60`. */
  kernelVersion: z.string().regex(/^\d+\.\d+/, 'must begin with two numbers'),
  kernelParams: z.array(z.string().regex(/^\S+$/, 'must be one word')),
  vcpu: z.int().positive(),
  memoryMiB: z.int().positive(),
  /** Tags and where the guest mounts them. */
  shares: z.object({ share: path, repo: path }),
  /** Serials and where the guest mounts them. */
  volumes: z.object({ 'nix-store': path, var: path, containers: path }),
  rosettaTag: z.string().nullable(),
  claudeVersion: z.string(),
  tools: z.object({ vfkit: path.optional(), socat: path.optional() }),
  source: z.object({ nixpkgs: z.string().nullable() }),
})

export type Manifest = z.infer<typeof manifestSchema>

/**
 * Undefined when there is none, or its link leads nowhere: its store path was deleted.
 * @throws AppError('image-failed') when the file is not one that this version reads.
 */
export async function readManifest(link: string): Promise<Manifest | undefined> {
  let text: string
  try {
    text = await readFile(link, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return parseManifest(text, link)
}

/** @throws AppError('image-failed') that says what is wrong with it and what to delete. Pure. */
export function parseManifest(text: string, link: string): Manifest {
  return parseVersioned(
    text,
    manifestSchema,
    (why, cause) =>
      new AppError('image-failed', `The manifest of the guest at ${link} cannot be used: ${why}`, {
        hint: 'Delete its folder: the guest is then built again',
        cause,
      }),
  )
}
