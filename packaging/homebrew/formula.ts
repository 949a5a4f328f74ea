import { assetUrl, description, type Release } from './release.ts'
import { rubyText } from './ruby.ts'

/** The formula of the command line, for macOS and Linux, from the package as npm has it. Pure. */
export const formulaOf = (release: Release): string => `class MicrovmOrchestrator < Formula
  desc ${rubyText(description)}
  homepage ${rubyText(`https://github.com/${release.repository}`)}
  url ${assetUrl(release, 'microvm-orchestrator-#{version}.tgz').replaceAll('#{version}', release.version)}
  sha256 ${rubyText(release.tgz)}
  license ${rubyText(release.license)}

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
  end

  service do
    run [opt_bin/"microvm-orchestrator", "serve"]
    keep_alive crashed: true
    log_path var/"log/microvm-orchestrator.log"
    error_log_path var/"log/microvm-orchestrator.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/microvm-orchestrator --version")
  end
end
`
