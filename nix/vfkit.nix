# vfkit whose proxies between vsock and Unix sockets pass the end of the host's side on to the guest. The module that the patch is for is
# vendored by the build.
{ vfkit }:
vfkit.overrideAttrs (old: {
  preBuild = (old.preBuild or "") + ''
    chmod -R u+w vendor/github.com/Code-Hex/vz
    patch --directory=vendor/github.com/Code-Hex/vz/v3 --strip=1 <${./vfkit-half-close.patch}
  '';
})
