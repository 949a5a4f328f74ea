import type { WindowSettings } from '../../preload/settings.ts'
import { act } from '../api.ts'

/** @returns whether the host took it. */
export const change = async (changes: Partial<WindowSettings>): Promise<boolean> =>
  (await act('changeSettings', { changes })) !== undefined
