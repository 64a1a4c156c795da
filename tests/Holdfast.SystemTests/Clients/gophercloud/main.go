// Goes through the life of volumes and backups with gophercloud, and prints what it saw as JSON. The cloud is named by openrc's variables; the
// volumes "go-target" and "go-anew" stay, for the caller to compare their bytes.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack"
	"github.com/gophercloud/gophercloud/openstack/blockstorage/extensions/backups"
	"github.com/gophercloud/gophercloud/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/openstack/identity/v3/tokens"
	"github.com/gophercloud/gophercloud/pagination"
)

type seen struct {
	DomainLogin   bool
	TokenLogin    bool
	TokenExpires  time.Time
	ProjectName   string
	Created       []string
	Pages         [][]string
	ByName        []string
	ByVolume      []string
	ByTarget      []string
	Sorted        [][]string
	OfOthers      []string
	InError       []string
	Shown         *backups.Backup
	MissingIs404  bool
	Restored      *backups.Restore
	TargetID      string
	TargetSize    int
	AnewName      string
	AnewID        string
	VolumePages   int
	Left          []string
	VolumesLeft   []string
	RefusedDelete string
}

func main() {
	log.SetFlags(0)
	saw := &seen{}
	store := logIn(saw)
	disk := volumeCalled(store, "disk")
	for _, name := range []string{"go-1", "go-2", "go-3"} {
		made, err := backups.Create(store, backups.CreateOpts{VolumeID: disk, Name: name, Description: "by gophercloud", Force: true}).Extract()
		check("create", err)
		saw.Created = append(saw.Created, made.Name)
		await(name+" is available", func() bool { return backup(store, made.ID).Status == "available" })
	}

	saw.Pages = pages(store, backups.ListOpts{Limit: 1})
	saw.ByName = flat(pages(store, backups.ListOpts{Name: "go-2"}))
	saw.ByVolume = flat(pages(store, backups.ListOpts{VolumeID: disk, Sort: "name:asc"}))
	saw.Sorted = pages(store, backups.ListOpts{Sort: "name:asc", Limit: 2})
	saw.OfOthers = flat(pages(store, backups.ListOpts{AllTenants: true, TenantID: "00000000000000000000000000000000"}))
	saw.InError = flat(pages(store, backups.ListOpts{Status: "error"}))
	first := backupCalled(store, "go-1")
	saw.Shown = backup(store, first)
	_, err := backups.Get(store, "00000000-0000-0000-0000-000000000000").Extract()
	_, saw.MissingIs404 = err.(gophercloud.ErrDefault404)

	target, err := volumes.Create(store, volumes.CreateOpts{Size: 1, Name: "go-target", Metadata: map[string]string{"for": "restoring"}}).Extract()
	check("create a volume", err)
	saw.TargetID, saw.TargetSize = target.ID, target.Size
	saw.Restored, err = backups.RestoreFromBackup(store, first, backups.RestoreOpts{VolumeID: target.ID}).Extract()
	check("restore", err)
	await("go-target is restored", func() bool {
		volume, err := volumes.Get(store, target.ID).Extract()
		check("get a volume", err)
		return volume.Status == "available" && backup(store, first).Status == "available"
	})

	saw.ByTarget = flat(pages(store, backups.ListOpts{VolumeID: target.ID}))
	anew, err := backups.RestoreFromBackup(store, first, backups.RestoreOpts{Name: "go-anew"}).Extract()
	check("restore to a new volume", err)
	saw.AnewName, saw.AnewID = anew.VolumeName, anew.VolumeID
	await("go-anew is restored", func() bool {
		volume, err := volumes.Get(store, anew.VolumeID).Extract()
		check("get a volume", err)
		return volume.Status == "available"
	})

	for _, name := range []string{"go-2", "go-3"} {
		id := backupCalled(store, name)
		check("delete", backups.Delete(store, id).ExtractErr())
		await(name+" is gone", func() bool {
			_, err := backups.Get(store, id).Extract()
			_, gone := err.(gophercloud.ErrDefault404)
			return gone
		})
	}
	saw.Left = flat(pages(store, backups.ListOpts{}))

	scratch, err := volumes.Create(store, volumes.CreateOpts{Size: 1, Name: "go-scratch"}).Extract()
	check("create a volume", err)
	check("delete a volume", volumes.Delete(store, scratch.ID, volumes.DeleteOpts{Cascade: true}).ExtractErr())
	check("list volumes", volumes.List(store, volumes.ListOpts{Limit: 1, Sort: "name:asc"}).EachPage(func(page pagination.Page) (bool, error) {
		saw.VolumePages++
		found, err := volumes.ExtractVolumes(page)
		for _, volume := range found {
			saw.VolumesLeft = append(saw.VolumesLeft, volume.Name)
		}
		return true, err
	}))
	if err, refused := volumes.Delete(store, disk, nil).ExtractErr().(gophercloud.ErrDefault400); refused {
		saw.RefusedDelete = string(err.Body)
	}
	check("print", json.NewEncoder(os.Stdout).Encode(saw))
}

// logIn logs in for the project, then with the token that this gave, then for the domain.
func logIn(saw *seen) *gophercloud.ServiceClient {
	domain := os.Getenv("OS_USER_DOMAIN_NAME")
	options := gophercloud.AuthOptions{
		IdentityEndpoint: os.Getenv("OS_AUTH_URL"),
		Username:         os.Getenv("OS_USERNAME"),
		Password:         os.Getenv("OS_PASSWORD"),
		DomainName:       domain,
		Scope:            &gophercloud.AuthScope{ProjectName: os.Getenv("OS_PROJECT_NAME"), DomainName: domain},
	}
	provider, err := openstack.AuthenticatedClient(options)
	check("log in", err)
	identity, err := openstack.NewIdentityV3(provider, gophercloud.EndpointOpts{Region: os.Getenv("OS_REGION_NAME")})
	check("find the identity service", err)
	shown := tokens.Get(identity, provider.Token())
	token, err := shown.ExtractToken()
	check("show the token", err)
	project, err := shown.ExtractProject()
	check("read the token's project", err)
	saw.TokenExpires, saw.ProjectName = token.ExpiresAt, project.Name

	_, err = openstack.AuthenticatedClient(gophercloud.AuthOptions{IdentityEndpoint: options.IdentityEndpoint, TokenID: provider.Token(), Scope: options.Scope})
	check("log in with the token", err)
	saw.TokenLogin = true

	options.Scope = &gophercloud.AuthScope{DomainName: domain}
	_, err = openstack.AuthenticatedClient(options)
	if saw.DomainLogin = err == nil; err != nil {
		log.Printf("log in for the domain: %v", err)
	}

	store, err := openstack.NewBlockStorageV3(provider, gophercloud.EndpointOpts{Region: os.Getenv("OS_REGION_NAME")})
	check("find the volume service", err)
	return store
}

func pages(store *gophercloud.ServiceClient, options backups.ListOpts) [][]string {
	all := [][]string{}
	check("list", backups.List(store, options).EachPage(func(page pagination.Page) (bool, error) {
		found, err := backups.ExtractBackups(page)
		names := []string{}
		for _, backup := range found {
			names = append(names, backup.Name)
		}
		all = append(all, names)
		return true, err
	}))
	return all
}

func flat(pages [][]string) []string {
	all := []string{}
	for _, page := range pages {
		all = append(all, page...)
	}
	return all
}

func backup(store *gophercloud.ServiceClient, id string) *backups.Backup {
	found, err := backups.Get(store, id).Extract()
	check("get "+id, err)
	return found
}

func backupCalled(store *gophercloud.ServiceClient, name string) string {
	page, err := backups.List(store, backups.ListOpts{Name: name}).AllPages()
	check("list", err)
	found, err := backups.ExtractBackups(page)
	check("read the list", err)
	return found[0].ID
}

func volumeCalled(store *gophercloud.ServiceClient, name string) string {
	page, err := volumes.List(store, volumes.ListOpts{Name: name}).AllPages()
	check("list volumes", err)
	found, err := volumes.ExtractVolumes(page)
	check("read the list of volumes", err)
	return found[0].ID
}

func await(what string, is func() bool) {
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			check("wait", fmt.Errorf("a minute has passed and not yet: %s", what))
		}
	}
}

func check(what string, err error) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}
