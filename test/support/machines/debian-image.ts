import { join } from 'node:path'
import { cacheDirectory, packageDirectory } from '../../../main/lib/files/paths.ts'
import { ensureGuestImage, type GuestImage } from '../../../main/machines/guest-image.ts'
import { debianGuest } from '../../../main/machines/image/debian-guest.ts'
import type { ImageSource } from '../../../main/machines/image/image-source.ts'
import { guestArchitecture } from './guest-architecture.ts'

/** The Debian guest of this run's processor, from this checkout. */
export const debianSource = (): ImageSource =>
  debianGuest({ folder: join(packageDirectory(), 'nix'), architecture: guestArchitecture() })

export const debianImage = (
  onProgress: (line: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<GuestImage> => ensureGuestImage({ cacheDirectory: cacheDirectory(), onProgress }, signal, debianSource())
