import { assetUrl, description, type Release } from './release.ts'
import { rubyText } from './ruby.ts'

const app = 'microVM Orchestrator.app'

/** The cask of the app for Apple Silicon, which links its command line, too. Pure. */
export const caskOf = (release: Release): string => `cask "microvm-orchestrator" do
  version ${rubyText(release.version)}
  sha256 ${rubyText(release.dmg)}

  url ${assetUrl(release, 'microvm-orchestrator-#{version}-arm64.dmg')}
  name "microVM Orchestrator"
  desc ${rubyText(description)}
  homepage ${rubyText(`https://github.com/${release.repository}`)}

  livecheck do
    url :url
    strategy :github_latest
  end

  auto_updates true
  depends_on arch: :arm64
  depends_on macos: ">= :ventura"

  app ${rubyText(app)}
  binary "#{appdir}/${app}/Contents/Resources/bin/microvm-orchestrator"

  uninstall quit: "io.github.microvm-orchestrator"

  zap trash: [
    "~/Library/Application Support/microVM Orchestrator",
    "~/Library/Logs/microVM Orchestrator",
    "~/Library/Preferences/io.github.microvm-orchestrator.plist",
    "~/Library/Saved Application State/io.github.microvm-orchestrator.savedState",
  ]
end
`
