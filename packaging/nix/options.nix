# What both modules have in common.
self:
{ lib, pkgs, ... }:
{
  options.services.microvm-orchestrator = {
    enable = lib.mkEnableOption "the server of microvm-orchestrator, one for each user who logs in";
    package = lib.mkOption {
      type = lib.types.package;
      default = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
      defaultText = lib.literalExpression "the flake's own";
      description = "The package whose command and server are used.";
    };
  };
}
