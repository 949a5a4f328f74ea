# services.microvm-orchestrator for nix-darwin.
self:
{ config, lib, ... }:
let
  cfg = config.services.microvm-orchestrator;
in
{
  imports = [ (import ./options.nix self) ];

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    launchd.user.agents.microvm-orchestrator.serviceConfig = {
      ProgramArguments = [
        (lib.getExe cfg.package)
        "serve"
      ];
      RunAtLoad = true;
      KeepAlive.SuccessfulExit = false;
      # Machines outlive the server, which finds them again.
      AbandonProcessGroup = true;
    };
  };
}
