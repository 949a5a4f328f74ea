import { expect, test } from 'vitest'
import { changelogSection } from '../../packaging/changelog.ts'

const changelog =
  '# Changelog\n\n## Unreleased\n\n- later\n\n## 1.2.0 - 2026-11-29\n\n### Fixed\n\n- this\n\n## 1.2\n\n- before\n'

test('a release shows the section of its own version', () => {
  expect(changelogSection(changelog, 'v1.2.0', '1.2.0')).toBe('### Fixed\n\n- this')
})

test('a tag that is not the version of the package, or has no section, releases nothing', () => {
  expect(() => changelogSection(changelog, 'v1.2.0', '1.1.0')).toThrow('is not the version 1.1.0')
  expect(() => changelogSection(changelog, 'v1.3.0', '1.3.0')).toThrow("no section '## 1.3.0'")
  expect(() => changelogSection('## 1.3.0\n\n## 1.2.0\n\n- this\n', 'v1.3.0', '1.3.0')).toThrow('no section')
})
